//! The TypeScript side of the list: `ui/src/api/commands.ts`.

use std::{fmt::Write as _, fs, path::Path};

pub(super) struct Signature {
    pub name: &'static str,
    pub arguments: Vec<(&'static str, String)>,
    pub answer: String,
}

/// `ui/src/api/commands.ts`: one typed function a command.
fn functions(config: &ts_rs::Config) -> String {
    let signatures = super::signatures(config);
    let mut types: Vec<&str> = signatures
        .iter()
        .flat_map(|it| it.arguments.iter().map(|(_, t)| t).chain([&it.answer]))
        .flat_map(|it| it.split(|c: char| !c.is_alphanumeric()))
        .filter(|it| it.starts_with(|c: char| c.is_ascii_uppercase()) && *it != "Array")
        .collect();
    types.sort_unstable();
    types.dedup();

    let mut text = String::from(
        "// Generated from src-tauri/src/commands/list.rs by `cargo xtask bindings`. Do not edit.\n",
    );
    for name in types {
        let _ = writeln!(text, "import type {{ {name} }} from \"./bindings/{name}\";");
    }
    text.push_str("import { call } from \"./call\";\n");
    for it in &signatures {
        let parameters: Vec<String> = it
            .arguments
            .iter()
            .map(|(name, kind)| format!("{}: {kind}", camel_case(name)))
            .collect();
        let names: Vec<String> = it
            .arguments
            .iter()
            .map(|(name, _)| camel_case(name))
            .collect();
        let arguments = if names.is_empty() {
            String::new()
        } else {
            format!(", {{ {} }}", names.join(", "))
        };
        let answer = if it.answer == "null" {
            "void"
        } else {
            &it.answer
        };
        let _ = write!(
            text,
            "\nexport const {} = ({}): Promise<{answer}> => call(\"{}\"{arguments});\n",
            camel_case(it.name),
            parameters.join(", "),
            it.name,
        );
    }
    text
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|it| it.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

/// Writes the file; `cargo xtask test` fails when that changes what is committed.
#[test]
fn export_commands() {
    let text = functions(&ts_rs::Config::from_env());
    assert!(text.contains("export const start = (): Promise<Start> => call(\"start\");"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/api/commands.ts");
    fs::write(path, text).unwrap();
}
