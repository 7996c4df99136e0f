//! What a gateway is told to do, in its XML.

use std::fmt::Write;

/// From the last word to the end of the wait for a key.
const KEY_SECONDS: u32 = 10;

/// Instructions for a gateway. All that is put into them is escaped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Twiml(String);

impl Twiml {
    /// The media type to answer with.
    pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

    /// Says `text` twice, because a telephone that was just picked up loses the first words, and sends one key to
    /// `key_url`. Without a key it ends: nothing was acknowledged.
    pub fn ask(text: &str, key_url: &str) -> Self {
        let (text, url) = (escaped(text), escaped(key_url));
        Self::response(&format!(
            "<Gather input=\"dtmf\" numDigits=\"1\" timeout=\"{KEY_SECONDS}\" action=\"{url}\" method=\"POST\">\
             <Pause length=\"1\"/><Say loop=\"2\">{text}</Say></Gather>\
             <Say>No key was pressed. Somebody else will be paged. Goodbye.</Say><Hangup/>"
        ))
    }

    /// Says `text` and hangs up.
    pub fn say(text: &str) -> Self {
        Self::response(&format!("<Say>{}</Say><Hangup/>", escaped(text)))
    }

    /// Answers a text message by another.
    pub fn message(text: &str) -> Self {
        Self::response(&format!("<Message>{}</Message>", escaped(text)))
    }

    /// Nothing is to be done.
    pub fn nothing() -> Self {
        Self::response("")
    }

    /// The document.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn response(inner: &str) -> Self {
        Self(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inner}</Response>"))
    }
}

impl From<Twiml> for String {
    fn from(twiml: Twiml) -> Self {
        twiml.0
    }
}

/// For text and for attributes. A character that XML cannot hold at all becomes a space.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // By number, as a line's end within an attribute would have to be.
            '"' | '\'' => write!(escaped, "&#{};", u32::from(letter)).expect("a string takes everything"),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_name_is_an_instruction() {
        let said = Twiml::say("Smith & Sons' <Dial>+15550001111</Dial>\u{0} \"North\"\n");
        assert_eq!(
            said.as_str(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>Smith &amp; Sons&#39; \
             &lt;Dial&gt;+15550001111&lt;/Dial&gt;  &#34;North&#34; </Say><Hangup/></Response>"
        );
        let asked = Twiml::ask("?", "https://x.example/k?a=1&b=\"><Dial>");
        assert!(asked.as_str().contains(" action=\"https://x.example/k?a=1&amp;b=&#34;&gt;&lt;Dial&gt;\" "));
        assert_eq!(Twiml::message("a<b").as_str().matches("a&lt;b").count(), 1);
        assert!(Twiml::nothing().as_str().ends_with("<Response></Response>"));
    }
}
