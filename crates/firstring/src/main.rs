//! firstring
fn main() {}
