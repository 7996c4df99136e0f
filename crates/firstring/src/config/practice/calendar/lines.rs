//! The lines of an iCalendar file, and what begins and ends where.

use super::CalendarError;

/// A real file nests an alarm in an event in a calendar.
const DEPTH_MAX: usize = 8;

/// What stands between BEGIN and END.
#[derive(Debug)]
pub(super) struct Component {
    /// Where it begins.
    pub(super) line: usize,
    /// In capitals.
    pub(super) kind: String,
    pub(super) properties: Vec<Property>,
    pub(super) parts: Vec<Component>,
}

/// `NAME;PARAMETER=..:value`
#[derive(Debug)]
pub(super) struct Property {
    pub(super) line: usize,
    /// In capitals.
    pub(super) name: String,
    params: Vec<(String, String)>,
    /// As it is written.
    pub(super) value: String,
}

/// The calendars of a file, which may be several.
pub(super) fn calendars(text: &[u8]) -> Result<Vec<Component>, CalendarError> {
    let mut calendars = Vec::new();
    let mut open: Vec<Component> = Vec::new();
    let mut last = 1;
    for (line, text) in unfolded(text) {
        last = line;
        let property = Property::read(line, text)?;
        match property.name.as_str() {
            "BEGIN" => {
                let kind = property.value.trim().to_ascii_uppercase();
                if open.is_empty() && kind != "VCALENDAR" {
                    return Err(wrong(line, "the file does not begin with BEGIN:VCALENDAR; give an iCalendar file"));
                }
                if open.len() == DEPTH_MAX {
                    return Err(wrong(line, "too many parts in one another"));
                }
                open.push(Component { line, kind, properties: Vec::new(), parts: Vec::new() });
            }
            "END" => {
                let kind = property.value.trim().to_ascii_uppercase();
                let Some(done) = open.pop().filter(|begun| begun.kind == kind) else {
                    return Err(wrong(line, &format!("END:{kind} ends what was not begun; export the file again")));
                };
                open.last_mut().map_or(&mut calendars, |outer| &mut outer.parts).push(done);
            }
            _ => match open.last_mut() {
                Some(component) => component.properties.push(property),
                None => {
                    return Err(wrong(line, "the file does not begin with BEGIN:VCALENDAR; give an iCalendar file"));
                }
            },
        }
    }
    if let Some(begun) = open.last() {
        let what = format!("the file ends within {}, which begins in line {}; export it again", begun.kind, begun.line);
        return Err(wrong(last, &what));
    }
    if calendars.is_empty() {
        return Err(wrong(last, "the file is empty; export it again"));
    }
    Ok(calendars)
}

/// A line that begins with a blank goes on with the one before; some programs fold within a character.
fn unfolded(text: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line, lines.last_mut()) {
            ([], _) => {}
            ([b' ' | b'\t', rest @ ..], Some((_, before))) => before.extend_from_slice(rest),
            _ => lines.push((index + 1, line.to_vec())),
        }
    }
    lines
}

fn wrong(line: usize, what: &str) -> CalendarError {
    CalendarError { line, wrong: what.to_owned() }
}

impl Component {
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// What may stand once.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&Property>, CalendarError> {
        let mut all = self.all(name);
        let first = all.next();
        match all.next() {
            Some(second) => Err(second.wrong(&format!("{name} stands twice in one event; leave one out"))),
            None => Ok(first),
        }
    }

    /// A text without its escapes.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        let text = self.all(name).next()?.texts().join(",");
        Some(text.trim().to_owned())
    }

    pub(super) fn wrong(&self, what: &str) -> CalendarError {
        wrong(self.line, what)
    }
}

impl Property {
    fn read(line: usize, text: Vec<u8>) -> Result<Self, CalendarError> {
        let not_utf8 = |_| wrong(line, "this is not UTF-8; save the calendar as UTF-8");
        let text = String::from_utf8(text).map_err(not_utf8)?;
        let no_line = || wrong(line, "this is no line of a calendar (NAME:value); export the file again");
        let end = text.find([':', ';']).ok_or_else(no_line)?;
        let name = text[..end].to_ascii_uppercase();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(no_line());
        }
        let mut params = Vec::new();
        let mut rest = &text[end..];
        while let Some(param) = rest.strip_prefix(';') {
            let mut quoted = false;
            let ends = |c: char| {
                quoted ^= c == '"';
                !quoted && matches!(c, ';' | ':')
            };
            let end = param.find(ends).ok_or_else(no_line)?;
            let (key, value) = param[..end].split_once('=').ok_or_else(no_line)?;
            params.push((key.to_ascii_uppercase(), value.replace('"', "")));
            rest = &param[end..];
        }
        let value = rest.strip_prefix(':').ok_or_else(no_line)?.to_owned();
        Ok(Self { line, name, params, value })
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The texts between the commas, without their escapes.
    pub(super) fn texts(&self) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match c {
                ',' => texts.push(String::new()),
                '\\' => {
                    let escaped = chars.next().map(|c| if matches!(c, 'n' | 'N') { '\n' } else { c });
                    texts.last_mut().expect("one is always there").extend(escaped);
                }
                _ => texts.last_mut().expect("one is always there").push(c),
            }
        }
        texts
    }

    pub(super) fn wrong(&self, what: &str) -> CalendarError {
        wrong(self.line, what)
    }
}
