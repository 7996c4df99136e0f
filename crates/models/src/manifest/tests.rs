use super::*;

#[test]
fn the_built_in_manifest_has_one_default_for_every_role() {
    let manifest = Manifest::parse(BUILT_IN).expect("models.toml parses");
    let roles = [
        Role::Vad,
        Role::EndOfTurn,
        Role::Recognizer,
        Role::SecondRecognizer,
        Role::Voice,
        Role::LanguageModel,
        Role::Runtime,
    ];
    for role in roles {
        assert!(manifest.default_of(role).is_some(), "no default for {role}");
    }
    for file in manifest.weights().iter().flat_map(|weight| &weight.files) {
        assert_ne!(file.sha256, Checksum::Unknown, "{}", file.name);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    for text in manifest.weights().iter().flat_map(|weight| &weight.licence_texts) {
        assert!(beside.join(text).exists(), "{text} is missing");
    }
}

#[test]
fn what_is_wrong_is_said_with_the_fix() {
    let cases = [
        ("format = 1", "format = 2", "models.toml: format 2 is not known; this program reads format 1"),
        ("title = \"A\"", "titel = \"A\"", "models.toml:10: unknown field `titel`"),
        ("name = \"a.onnx\"", "name = \"../a\"", "no '.' in front"),
        ("package = \"a\"", "package = \"b\"", "file \"a.onnx\" names package \"b\"; add it to `packages`"),
        ("members = [\"m\"]", "members = [\"m\", \"n\"]", "file \"a.onnx\" copy needs exactly one member"),
        ("recipe = \"copy\"", "recipe = \"zip_in_parts\"", "file \"a.onnx\" needs `inside` with zip_in_parts"),
        ("sha256 = \"\"", "sha256 = \"AB\"", "a sha256 is 64 lower-case hexadecimal digits"),
        ("on = \"h\"", "on = \"i\"", "file \"a.onnx\" names hub \"i\"; add it to `hubs`"),
    ];
    let good = r#"format = 1
packages = [{ name = "a", on = "npm", version = "1", bytes = 1, sha256 = "" }]
[hubs]
h = "file:///{repository}/{revision}/{file}"

[[weights]]
id = "a"
role = "vad"
default = true
title = "A"
licence = "MIT"
licence_texts = []
licence_stated = true
provenance = "Invented."
files = [{ name = "a.onnx", bytes = 1, sha256 = "", recipe = "copy", from = [{ package = "a", members = ["m"] }], hub = { on = "h", repository = "r", revision = "v", file = "f", sha256 = "" } }]
"#;
    let manifest = Manifest::parse(good).expect("the unbroken text is right");
    let hub = manifest.weights[0].files[0].hub.clone().expect("it has one");
    assert_eq!(manifest.address(&hub), "file:///r/v/f");
    for (right, wrong, expected) in cases {
        let message = Manifest::parse(&good.replace(right, wrong)).expect_err(wrong).to_string();
        assert!(message.contains(expected), "{message}");
    }
    let twice = format!("{good}{}", &good[good.find("[[weights]]").expect("there")..]);
    let message = Manifest::parse(&twice).expect_err("twice").to_string();
    assert_eq!(message, "models.toml: weight \"a\" is written twice; rename one");
}
