//! `[[practices]]`: further practices whose calls this server answers. They share its telephones and its models, nothing else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::server::{Http, Server};
use super::{ConfigError, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOther {
    file: Spanned<String>,
    listen: Spanned<String>,
    public_url: Option<String>,
    directory: Option<String>,
    database: Option<Spanned<String>>,
}

impl Server {
    /// The servers of further practices.
    pub(super) fn beside(&self, raw: Vec<RawOther>, source: &Source) -> Result<Vec<Self>, ConfigError> {
        let mut others: Vec<Self> = Vec::new();
        for one in raw {
            let other = self.other(&one, source)?;
            let known = || others.iter().chain([self]);
            if known().any(|known| known.practice == other.practice) {
                return Err(source.at(Some(one.file.span()), "this practice stands twice; write it once".to_owned()));
            }
            if known().any(|known| known.http.listen == other.http.listen) {
                let wrong = "another practice's pages are there; each listens at a port of its own";
                return Err(source.at(Some(one.listen.span()), wrong.to_owned()));
            }
            if known().any(|known| known.database.is_some() && known.database == other.database) {
                let wrong = "another practice's records are in that database; each has one of its own";
                return Err(source.at(one.database.as_ref().map(Spanned::span), wrong.to_owned()));
            }
            if known().any(|known| known.data == other.data) {
                let wrong = "another practice's records are in that directory; each has one of its own";
                return Err(source.at(Some(one.file.span()), wrong.to_owned()));
            }
            others.push(other);
        }
        Ok(others)
    }

    fn other(&self, raw: &RawOther, source: &Source) -> Result<Self, ConfigError> {
        let practice = source.path(raw.file.get_ref());
        let listen = raw.listen.get_ref().parse().map_err(|_| {
            let wrong = "listen is not an address and port; write one such as \"127.0.0.1:8081\"";
            source.at(Some(raw.listen.span()), wrong.to_owned())
        })?;
        let by_its_name = || self.data.join(practice.file_stem().unwrap_or(practice.as_os_str()));
        let data = raw.directory.as_ref().map_or_else(by_its_name, |written| source.path(written));
        let database = raw.database.as_ref().filter(|_| !self.apart);
        let database = database.map(|written| source.secret(written)).transpose()?;
        let http = Http { listen, public_url: raw.public_url.clone(), ..self.http.clone() };
        Ok(Self { http, practice, data, database, others: Vec::new(), ..self.clone() })
    }

    /// The server of the practice that the command line names, and of no other; without a name, of all. What the command line says
    /// of places is said of that practice.
    pub(super) fn chosen(self, practice: Option<&Path>, data: Option<PathBuf>, listen: Option<SocketAddr>) -> Self {
        let Some(named) = practice else { return self };
        let is_named = |server: &&Self| is_same(&server.practice, named);
        let Some(mut one) = self.others.iter().find(is_named).cloned() else {
            return Self { practice: named.to_owned(), others: Vec::new(), ..self };
        };
        one.data = data.unwrap_or(one.data);
        one.http.listen = listen.unwrap_or(one.http.listen);
        one
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::super::Overrides;
    use super::*;

    const TWO: &str = r#"
        [http]
        listen = "127.0.0.1:8080"
        [data]
        directory = "data"
        [practice]
        file = "riverside.toml"
        [[practices]]
        file = "lakeside.toml"
        listen = "127.0.0.1:8081"
        public_url = "https://lakeside.example.org"
    "#;

    fn load(text: &str, over: Overrides) -> Result<Server, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("firstring.toml");
        std::fs::write(&file, text).unwrap();
        Server::load(Some(&file), over).map_err(|why| why.to_string())
    }

    #[test]
    fn a_further_practice_has_its_own_pages_and_records() {
        let server = load(TWO, Overrides::default()).unwrap();
        assert!(server.practice.ends_with("riverside.toml") && server.data.ends_with("data"));
        let [other] = server.others.as_slice() else { panic!("{:?}", server.others) };
        assert!(other.practice.ends_with("lakeside.toml") && other.data.ends_with("data/lakeside"));
        assert_eq!(other.http.public_url(), "https://lakeside.example.org");
        assert_eq!(other.http.listen.port(), 8081);
        assert_eq!(server.http.public_url(), "http://127.0.0.1:8080");
    }

    #[test]
    fn who_names_a_practice_means_its_records() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("firstring.toml");
        std::fs::write(&file, TWO).unwrap();
        let named = |name: &str| {
            let over = Overrides { practice: Some(folder.path().join(name)), ..Overrides::default() };
            Server::load(Some(&file), over).unwrap()
        };
        let lakeside = named("lakeside.toml");
        assert!(lakeside.data.ends_with("data/lakeside") && lakeside.others.is_empty());
        let riverside = named("riverside.toml");
        assert!(riverside.data.ends_with("data") && riverside.others.is_empty());
    }

    #[test]
    fn practices_do_not_share_a_place() {
        for (was, is, wrong) in [
            ("lakeside.toml", "riverside.toml", "stands twice"),
            ("127.0.0.1:8081", "127.0.0.1:8080", "a port of its own"),
            ("127.0.0.1:8081", "everywhere", "not an address"),
            ("public_url", "directory = \"data\"\npublic_url", "one of its own"),
            (
                "directory = \"data\"",
                "database = \"env:A\"\n[[practices]]\nfile = \"c.toml\"\nlisten = \"127.0.0.1:1\"\ndatabase = \"env:A\"",
                "that database",
            ),
        ] {
            let why = load(&TWO.replace(was, is), Overrides::default()).unwrap_err();
            assert!(why.contains(wrong), "{why}");
        }
    }
}
