use serde_json::json;

use super::*;

/// One layer a side, two heads, and ten audio positions; every number is 1.0 except the keys' biases.
const WIDTH: u32 = 128;

/// Writes CTranslate2's format, as far as Whisper needs it.
struct Ct2File {
    variables: Vec<(String, Vec<u32>, f32)>,
}

impl Ct2File {
    fn whisper() -> Self {
        let mut file = Self { variables: Vec::new() };
        let mut add = |name: &str, shape: &[u32]| file.variables.push((name.to_owned(), shape.to_vec(), 1.0));
        add("decoder/embeddings/weight", &[51_864, WIDTH]);
        for (side, positions) in [("encoder", 10), ("decoder", 5)] {
            add(&format!("{side}/position_encodings/encodings"), &[positions, WIDTH]);
            add(&format!("{side}/layer_norm/gamma"), &[WIDTH]);
            add(&format!("{side}/layer_norm/beta"), &[WIDTH]);
            let mut blocks = vec![("ffn", vec![4, 1]), ("self_attention", vec![3, 1])];
            if side == "decoder" {
                blocks.push(("attention", vec![1, 2, 1]));
            }
            for (block, linears) in blocks {
                let block = format!("{side}/layer_0/{block}");
                add(&format!("{block}/layer_norm/gamma"), &[WIDTH]);
                add(&format!("{block}/layer_norm/beta"), &[WIDTH]);
                for (index, height) in linears.into_iter().enumerate() {
                    add(&format!("{block}/linear_{index}/weight"), &[height * WIDTH, WIDTH]);
                    add(&format!("{block}/linear_{index}/bias"), &[height * WIDTH]);
                }
            }
        }
        for convolution in ["encoder/conv1", "encoder/conv2"] {
            add(&format!("{convolution}/weight"), &[WIDTH, 80, 3]);
            add(&format!("{convolution}/bias"), &[WIDTH]);
        }
        file
    }

    fn set(mut self, name: &str, value: f32) -> Self {
        self.variables.iter_mut().find(|variable| variable.0 == name).expect("it is there").2 = value;
        self
    }

    fn without_key_biases(self) -> Self {
        self.set("encoder/layer_0/self_attention/linear_0/bias", 0.0)
            .set("decoder/layer_0/self_attention/linear_0/bias", 0.0)
            .set("decoder/layer_0/attention/linear_1/bias", 0.0)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = 6_u32.to_le_bytes().to_vec();
        text(&mut bytes, "WhisperSpec");
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend((self.variables.len() as u32).to_le_bytes());
        for (name, shape, value) in &self.variables {
            text(&mut bytes, name);
            bytes.push(shape.len() as u8);
            bytes.extend(shape.iter().flat_map(|dimension| dimension.to_le_bytes()));
            bytes.push(4);
            let numbers: u32 = shape.iter().product();
            bytes.extend((numbers * 2).to_le_bytes());
            let half: u16 = if *value == 0.0 { 0 } else { 0x3C00 };
            bytes.extend(half.to_le_bytes().repeat(numbers as usize));
        }
        bytes.extend(1_u32.to_le_bytes());
        text(&mut bytes, "decoder/projection/weight");
        text(&mut bytes, "decoder/embeddings/weight");
        bytes
    }
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u16 + 1).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.push(0);
}

fn tokenizer_json() -> Vec<u8> {
    let vocab: serde_json::Map<_, _> = (0..50_256).map(|id| (format!("t{id}"), json!(id))).collect();
    let added =
        json!([{ "id": 50_256, "content": "<|endoftext|>" }, { "id": 50_257, "content": "<|startoftranscript|>" }]);
    json!({ "model": { "vocab": vocab }, "added_tokens": added }).to_string().into_bytes()
}

/// Reads back what was written: the header, the last token, and each tensor's name, type and shape.
struct Read {
    header: Vec<u32>,
    last_token: Vec<u8>,
    tensors: Vec<String>,
}

fn read(mut bytes: &[u8]) -> Read {
    fn take<'a>(bytes: &mut &'a [u8], count: u32) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(count as usize);
        *bytes = rest;
        taken
    }
    fn number(bytes: &mut &[u8]) -> u32 {
        u32::from_le_bytes(take(bytes, 4).try_into().expect("four bytes"))
    }
    let header: Vec<u32> = (0..14).map(|_| number(&mut bytes)).collect();
    take(&mut bytes, header[12] * header[13] * 4);
    let mut last_token = Vec::new();
    for _ in 0..number(&mut bytes) {
        let length = number(&mut bytes);
        last_token = take(&mut bytes, length).to_vec();
    }
    let mut tensors = Vec::new();
    while !bytes.is_empty() {
        let (rank, length, type_id) = (number(&mut bytes), number(&mut bytes), number(&mut bytes));
        let shape: Vec<u32> = (0..rank).map(|_| number(&mut bytes)).collect();
        let name = String::from_utf8(take(&mut bytes, length).to_vec()).expect("a name");
        let width = if type_id == TYPE_F16 { 2 } else { 4 };
        take(&mut bytes, shape.iter().product::<u32>() * width);
        tensors.push(format!("{name} {} {shape:?}", if type_id == TYPE_F16 { "f16" } else { "f32" }));
    }
    Read { header, last_token, tensors }
}

#[test]
fn a_small_model_keeps_its_sizes_names_and_order() {
    let model = Ct2File::whisper().without_key_biases().bytes();
    let file = read(&whisper_from_ctranslate2(&model, &tokenizer_json()).expect("converted"));
    assert_eq!(file.header, [MAGIC, 51_864, 10, 128, 2, 1, 5, 128, 2, 1, 80, 1, 80, 201]);
    assert_eq!(file.last_token, b"<|endoftext|>");
    assert_eq!(
        file.tensors[..3],
        [
            "decoder.positional_embedding f32 [128, 5]",
            "encoder.positional_embedding f32 [128, 10]",
            "decoder.token_embedding.weight f16 [128, 51864]",
        ]
    );
    let decoder_block: Vec<&str> =
        file.tensors[3..].iter().map_while(|line| line.strip_prefix("decoder.blocks.0.")).collect();
    assert_eq!(decoder_block[..2], ["mlp_ln.weight f32 [128]", "mlp_ln.bias f32 [128]"]);
    assert_eq!(decoder_block[2..4], ["mlp.0.weight f16 [128, 512]", "mlp.0.bias f32 [512]"]);
    assert_eq!(
        decoder_block[8..15],
        [
            "attn.query.weight f16 [128, 128]",
            "attn.query.bias f32 [128]",
            "attn.key.weight f16 [128, 128]",
            "attn.value.weight f16 [128, 128]",
            "attn.value.bias f32 [128]",
            "attn.out.weight f16 [128, 128]",
            "attn.out.bias f32 [128]",
        ]
    );
    assert_eq!(decoder_block.len(), 24);
    assert_eq!(
        file.tensors[27..31],
        [
            "decoder.ln.weight f32 [128]",
            "decoder.ln.bias f32 [128]",
            "encoder.conv1.weight f16 [3, 80, 128]",
            "encoder.conv1.bias f32 [1, 128]"
        ]
    );
    assert_eq!(file.tensors.last().expect("some"), "encoder.ln_post.bias f32 [128]");
}

#[test]
fn what_cannot_be_converted_exactly_is_refused() {
    let convert = |model: &[u8]| whisper_from_ctranslate2(model, &tokenizer_json()).expect_err("refused");
    let biased = convert(&Ct2File::whisper().bytes());
    assert_eq!(biased, "decoder.blocks.0.attn.key has a bias, and whisper.cpp has no place for it");

    let good = Ct2File::whisper().without_key_biases().bytes();
    assert_eq!(convert(&good[..1000]), "it ends in the middle of a variable");
    assert_eq!(convert(&[good.as_slice(), &[0]].concat()), "bytes after the last alias");
    let mut older = good.clone();
    older[0] = 5;
    assert_eq!(convert(&older), "CTranslate2 format 5; this program reads 6");

    let mut missing = Ct2File::whisper().without_key_biases();
    missing.variables.retain(|variable| variable.0 != "encoder/conv2/bias");
    assert_eq!(convert(&missing.bytes()), "no variable \"encoder/conv2/bias\"");
}

#[test]
fn halves_are_widened_exactly() {
    // From numpy: np.array([..], np.uint16).view(np.float16).astype(np.float32)
    let cases = [
        (0x0000, 0.0_f32),
        (0x8000, -0.0),
        (0x0001, 5.960_464_5e-8),
        (0x03FF, 6.097_555e-5),
        (0x0400, 6.103_515_6e-5),
        (0x3C00, 1.0),
        (0xBC01, -1.000_976_6),
        (0x3555, 0.333_251_95),
        (0x7BFF, 65504.0),
        (0xFC00, f32::NEG_INFINITY),
    ];
    for (half, single) in cases {
        assert_eq!(widen(half).to_bits(), single.to_bits(), "{half:#06x}");
    }
    assert!(widen(0x7E00).is_nan());
}
