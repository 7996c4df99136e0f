#![allow(clippy::unwrap_used)] // a test fails by panicking
use std::path::PathBuf;

use super::*;

const GOOD: &str = r#"
listen = "127.0.0.1:5060"
calls_max = 8
reserve = 3
allow = ["192.0.2.0/24", "2001:db8::1"]
caller_per_minute = 5

[[trunks]]
name = "carrier"
server = "sip:sip.example.org;transport=tcp"
domain = "example.org"
user = "2001"
auth_user = "practice-2001"
password = "file:/nonexistent/password"
expires_seconds = 120

[[trunks]]
name = "pbx"
server = "192.0.2.1:5080"
user = "reception"
register = false
keep_alive_seconds = 10
"#;

fn check(text: &str) -> Result<Telephones, String> {
    let source = Source { file: PathBuf::from("firstring.toml"), text: text.to_owned() };
    let raw = source.parse::<RawSip>().map_err(|why| why.to_string())?;
    raw.check(Some(&source), None).map(Option::unwrap).map_err(|why| why.to_string())
}

#[test]
fn trunks_are_taken_and_their_passwords_read_only_when_they_are_needed() {
    let telephones = check(GOOD).unwrap();
    assert_eq!(telephones.trunks.len(), 2);
    let SipDefence { allow, reserve, calls_per_minute, caller_per_minute } = &telephones.options.defence;
    assert_eq!((allow.len(), *reserve, *calls_per_minute, *caller_per_minute), (2, 3, 30, 5));
    let pbx = telephones.trunks[1].open().unwrap();
    assert_eq!((pbx.register, pbx.keep_alive.as_secs(), pbx.expires.as_secs()), (false, 10, 600));
    let why = telephones.open().unwrap_err().to_string();
    assert!(why.contains("/nonexistent/password"), "{why}");
}

#[test]
fn every_mistake_has_its_line_and_says_what_to_do() {
    let cases = [
        ("server = \"192.0.2.1:5080\"", "server = \"sip:a@192.0.2.1\"", "firstring.toml:19: server is not an address"),
        ("server = \"192.0.2.1:5080\"", "server = \"192.0.2.1;transport=tls\"", "firstring.toml:19: a trunk by TLS"),
        ("name = \"pbx\"", "name = \"carrier\"", "firstring.toml:18: two trunks have this name"),
        ("name = \"pbx\"", "name = \" \"", "firstring.toml:18: name is empty"),
        ("domain = \"example.org\"", "domain = \"example.org:5060\"", "firstring.toml:11: not a domain"),
        ("user = \"reception\"", "user = \"a@b\"", "firstring.toml:20: not a user"),
        ("file:/nonexistent/password", "correct horse", "firstring.toml:14: a secret is written as"),
        ("register = false\n", "", "firstring.toml:18: this trunk has no password"),
        ("expires_seconds = 120", "expires_seconds = 5", "firstring.toml:15: write 60 to 86400 seconds"),
        ("keep_alive_seconds = 10", "keep_alive_seconds = 0", "firstring.toml:22: write 5 to 3600 seconds"),
        ("calls_max = 8", "calls_max = 0", "firstring.toml:3: calls_max is 0"),
        ("reserve = 3", "reserve = 8", "firstring.toml:4: write a number from 0 to 7"),
        ("192.0.2.0/24", "trunk.example.org", "firstring.toml:5: not addresses such as"),
        ("caller_per_minute = 5", "caller_per_minute = 0", "firstring.toml:6: write a number from 1 to"),
        ("calls_max = 8", "calls_max = 8\nrtp_ports = \"20000-20020\"", "firstring.toml:4: too few ports"),
        ("listen = \"127.0.0.1:5060\"\n", "\n", "firstring.toml:9: telephones need listen under [sip] too"),
    ];
    for (good, bad, told) in cases {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "the case for {told} changes nothing");
        let why = check(&text).unwrap_err();
        assert!(why.starts_with(told), "{why}");
        assert!(!why.contains("correct horse"), "{why}");
    }
}
