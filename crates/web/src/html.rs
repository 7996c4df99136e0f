//! The little HTML that is made here. Every value goes in through [`Escaped`].

use std::fmt;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// Text as it stands in an element or a quoted attribute.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

/// A whole page. `body` is HTML already; `title` is not.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    styled_page(status, title, "/ack/style.css", &format!("<main>\n{body}\n</main>"))
}

/// A whole page with a style of its own and everything that stands in its body.
pub(crate) fn styled_page(status: StatusCode, title: &str, style: &'static str, body: &str) -> Response {
    let title = Escaped(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"{style}\">\n</head>\n\
         <body>\n{body}\n</body>\n</html>\n"
    );
    (status, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_means_something_in_html_passes() {
        let escaped = Escaped("<script>alert(\"it's\" & 1)</script>").to_string();
        assert_eq!(escaped, "&lt;script&gt;alert(&quot;it&#39;s&quot; &amp; 1)&lt;/script&gt;");
        assert_eq!(Escaped("Zoë 痛い").to_string(), "Zoë 痛い");
    }
}
