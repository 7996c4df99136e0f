//! CTranslate2's `model.bin`, as its version 6 writes it: little-endian, and read in place.
//!
//! ```text
//! u32 version   str specification   u32 revision
//! u32 variables, each:  str name   u8 rank   u32 dimension * rank   u8 type   u32 bytes   data
//! u32 aliases, each:    str alias  str variable
//! ```
//!
//! A `str` is a `u16` length, which counts the closing NUL, and the bytes. Only `f16` variables are handed out: these are the
//! weights; the few others are settings that the conversion does not need.

use std::collections::HashMap;

const VERSION: u32 = 6;
const TYPE_F16: u8 = 4;
const F16_BYTES: usize = 2;

/// The variables of a model, borrowed from the file's bytes.
pub(crate) struct Ct2Model<'a> {
    variables: HashMap<&'a str, Variable<'a>>,
}

/// A dense array of little-endian numbers, the last dimension running fastest.
#[derive(Clone)]
pub(crate) struct Variable<'a> {
    pub(crate) shape: Vec<u32>,
    type_id: u8,
    pub(crate) data: &'a [u8],
}

impl<'a> Ct2Model<'a> {
    /// Reads the table of variables; the error says what is not as expected.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let mut cursor = Cursor { rest: bytes };
        let version = cursor.u32()?;
        if version != VERSION {
            return Err(format!("CTranslate2 format {version}; this program reads {VERSION}"));
        }
        let specification = cursor.text()?;
        if specification != "WhisperSpec" {
            return Err(format!("a {specification:?} model, not a Whisper one"));
        }
        cursor.u32()?;
        let mut variables = HashMap::new();
        for _ in 0..cursor.u32()? {
            let name = cursor.text()?;
            variables.insert(name, cursor.variable()?);
        }
        for _ in 0..cursor.u32()? {
            let (_alias, _variable) = (cursor.text()?, cursor.text()?);
        }
        if cursor.rest.is_empty() { Ok(Self { variables }) } else { Err("bytes after the last alias".to_owned()) }
    }

    /// The `f16` variable called `name`.
    pub(crate) fn f16(&self, name: &str) -> Result<&Variable<'a>, String> {
        let variable = self.variables.get(name).ok_or_else(|| format!("no variable {name:?}"))?;
        let numbers: usize = variable.shape.iter().map(|&dimension| dimension as usize).product();
        if variable.type_id != TYPE_F16 || variable.data.len() != numbers * F16_BYTES {
            return Err(format!("variable {name:?} is not f16; only f16 models can be converted exactly"));
        }
        Ok(variable)
    }

    /// How many layers `side` ("encoder" or "decoder") has.
    pub(crate) fn layers(&self, side: &str) -> u32 {
        let mut layers = 0;
        while self.variables.contains_key(format!("{side}/layer_{layers}/self_attention/layer_norm/gamma").as_str()) {
            layers += 1;
        }
        layers
    }
}

impl Variable<'_> {
    /// Rows `from..to` of the first dimension.
    pub(crate) fn rows(&self, from: u32, to: u32) -> Self {
        let row = self.data.len() / self.shape[0] as usize;
        let mut shape = self.shape.clone();
        shape[0] = to - from;
        Self { shape, type_id: self.type_id, data: &self.data[from as usize * row..to as usize * row] }
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("it ends in the middle of a variable")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        Ok(self.take(N)?.try_into().expect("take gives as many as asked"))
    }

    fn u8(&mut self) -> Result<u8, String> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let length = u16::from_le_bytes(self.array()?);
        let bytes = self.take(usize::from(length))?;
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        Ok(text.trim_end_matches('\0'))
    }

    fn variable(&mut self) -> Result<Variable<'a>, String> {
        let rank = self.u8()?;
        let shape = (0..rank).map(|_| self.u32()).collect::<Result<_, _>>()?;
        let type_id = self.u8()?;
        let bytes = self.u32()?;
        Ok(Variable { shape, type_id, data: self.take(bytes as usize)? })
    }
}
