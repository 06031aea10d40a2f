//! Confluence's storage format: read, checked and rewritten the way a server
//! does when it stores a page.
//!
//! A page's body is an XML fragment without a root and without namespace
//! declarations. What cannot be parsed is refused. What is stored differs from
//! what was sent: comments are gone, empty elements are written ` />`, and
//! every structured macro has an `ac:schema-version` and an `ac:macro-id`. A
//! client that compares bytes is therefore wrong.

use std::fmt::Write as _;

use quick_xml::{
    Reader,
    escape::{resolve_html5_entity, unescape_with},
    events::{BytesStart, Event},
};

/// Elements may be nested this deep. Real pages stay below 40; the limit keeps
/// a hostile page from exhausting the stack.
const DEEPEST: usize = 200;

/// The namespace prefixes a fragment may use without declaring them.
const PREFIXES: [&str; 4] = ["ac", "ri", "at", "xml"];

/// One node of a page's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Text(String),
    Cdata(String),
    Element(Element),
}

/// An element with its attributes in the order they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.name == name)
    }

    /// The value of a macro's parameter; empty when it is not there.
    pub fn parameter(&self, name: &str) -> String {
        self.elements()
            .find(|e| e.name == "ac:parameter" && e.attribute("ac:name") == Some(name))
            .map(Element::text)
            .unwrap_or_default()
    }

    /// All text below this element.
    pub fn text(&self) -> String {
        let mut text = String::new();
        collect_text(&self.children, &mut text);
        text
    }
}

fn collect_text(nodes: &[Node], text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(t) | Node::Cdata(t) => text.push_str(t),
            Node::Element(element) => collect_text(&element.children, text),
        }
    }
}

/// Why a body is no storage format, in the words of the server's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Error parsing xhtml: {what}\n at [row,col {{unknown-source}}]: [{row},{column}]")]
pub(crate) struct NotWellFormed {
    what: String,
    row: usize,
    column: usize,
}

/// Reads a fragment.
///
/// # Errors
/// When it is not well-formed, uses an unknown prefix or entity, holds a
/// character XML does not allow, or is nested deeper than 200 elements.
pub(crate) fn parse(source: &str) -> Result<Vec<Node>, NotWellFormed> {
    let mut reader = Reader::from_str(source);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(at(source, reader.error_position(), &error.to_string())),
        };
        let here = reader.buffer_position();
        let fail = |what: &str| at(source, here, what);
        match event {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(fail("Elements are nested too deeply"));
                }
                open.push(element(&start).map_err(|what| fail(&what))?);
            }
            Event::Empty(start) => {
                let element = element(&start).map_err(|what| fail(&what))?;
                append(&mut open, Node::Element(element));
            }
            Event::End(_) => match open.pop() {
                Some(element) if !open.is_empty() => append(&mut open, Node::Element(element)),
                _ => return Err(fail("Unexpected close tag")),
            },
            Event::Text(text) => {
                let text = text.xml10_content();
                legal(&text).map_err(|what| fail(&what))?;
                if text.contains("]]>") {
                    return Err(fail("Sequence ]]> not allowed in content"));
                }
                append_text(&mut open, &text);
            }
            Event::CData(data) => {
                let text = data.xml10_content();
                legal(&text).map_err(|what| fail(&what))?;
                append(&mut open, Node::Cdata(text.into_owned()));
            }
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                let text = resolve(&name).ok_or_else(|| {
                    fail(&format!(
                        "Undeclared general entity \"{}\"",
                        name.escape_debug()
                    ))
                })?;
                append_text(&mut open, &text);
            }
            Event::Comment(_) => {}
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                return Err(fail(
                    "A declaration or processing instruction is not allowed in the body of a page",
                ));
            }
            Event::Eof => break,
        }
    }
    if open.len() > 1 {
        let name = open.pop().map(|e| e.name).unwrap_or_default();
        return Err(at(
            source,
            source.len() as u64,
            &format!("Unexpected end of input; expected close tag </{name}>"),
        ));
    }
    Ok(open.pop().map(|root| root.children).unwrap_or_default())
}

fn at(source: &str, position: u64, what: &str) -> NotWellFormed {
    let end = usize::try_from(position)
        .unwrap_or(source.len())
        .min(source.len());
    let before = &source.as_bytes()[..end];
    let row = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = end
        - before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |i| i + 1)
        + 1;
    NotWellFormed {
        what: what.to_owned(),
        row,
        column,
    }
}

fn append(open: &mut [Element], node: Node) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(node);
    }
}

fn append_text(open: &mut [Element], text: &str) {
    let Some(parent) = open.last_mut() else {
        return;
    };
    if let Some(Node::Text(last)) = parent.children.last_mut() {
        last.push_str(text);
    } else {
        parent.children.push(Node::Text(text.to_owned()));
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let name = start.name().as_ref().to_owned();
    known_name(&name)?;
    let mut attributes: Vec<(String, String)> = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = attribute.key.as_ref().to_owned();
        known_name(&key)?;
        let raw: &str = &attribute.value;
        if raw.contains('<') {
            return Err(format!("Unexpected character '<' in the value of {key}"));
        }
        let value = unescape_with(raw, resolve_html5_entity)
            .map_err(|error| error.to_string())?
            .into_owned();
        legal(&value)?;
        attributes.push((key, value));
    }
    Ok(Element {
        name,
        attributes,
        children: Vec::new(),
    })
}

fn known_name(name: &str) -> Result<(), String> {
    let (prefix, local) = name
        .split_once(':')
        .map_or((None, name), |(p, l)| (Some(p), l));
    if let Some(prefix) = prefix
        && !PREFIXES.contains(&prefix)
    {
        return Err(format!("Undeclared namespace prefix \"{prefix}\""));
    }
    let mut chars = local.chars();
    let first_is_letter = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if first_is_letter && chars.all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
        Ok(())
    } else {
        Err(format!(
            "Unexpected character in the name \"{}\"",
            name.escape_debug()
        ))
    }
}

fn resolve(reference: &str) -> Option<String> {
    if let Some(number) = reference.strip_prefix('#') {
        let code = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        let character = char::from_u32(code)?;
        return is_legal(character).then(|| character.to_string());
    }
    resolve_html5_entity(reference).map(str::to_owned)
}

/// XML 1.0, production 2 (Char).
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn legal(text: &str) -> Result<(), String> {
    match text.chars().find(|c| !is_legal(*c)) {
        None => Ok(()),
        Some(c) => Err(format!(
            "Illegal character ((CTRL-CHAR, code {}))",
            u32::from(c)
        )),
    }
}

/// Checks a body and answers what the server stores in its place.
pub(crate) fn rewrite(
    source: &str,
    macro_id: &mut dyn FnMut() -> String,
) -> Result<String, NotWellFormed> {
    let mut nodes = parse(source)?;
    mark_macros(&mut nodes, macro_id);
    let mut out = String::with_capacity(source.len() + 64);
    write(&nodes, &mut out);
    Ok(out)
}

fn mark_macros(nodes: &mut [Node], macro_id: &mut dyn FnMut() -> String) {
    for node in nodes {
        let Node::Element(element) = node else {
            continue;
        };
        if element.name == "ac:structured-macro" {
            if element.attribute("ac:schema-version").is_none() {
                let pair = ("ac:schema-version".to_owned(), "1".to_owned());
                element.attributes.push(pair);
            }
            if element.attribute("ac:macro-id").is_none() {
                let pair = ("ac:macro-id".to_owned(), macro_id());
                element.attributes.push(pair);
            }
        }
        mark_macros(&mut element.children, macro_id);
    }
}

fn write(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => escape_into(text, false, out),
            Node::Cdata(text) => {
                out.push_str("<![CDATA[");
                out.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
                out.push_str("]]>");
            }
            Node::Element(element) => {
                let _ = write!(out, "<{}", element.name);
                for (key, value) in &element.attributes {
                    let _ = write!(out, " {key}=\"");
                    escape_into(value, true, out);
                    out.push('"');
                }
                if element.children.is_empty() {
                    out.push_str(" />");
                } else {
                    out.push('>');
                    write(&element.children, out);
                    let _ = write!(out, "</{}>", element.name);
                }
            }
        }
    }
}

/// Appends text with everything escaped that means something in XML or HTML.
pub(crate) fn escape_into(text: &str, attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\'' if attribute => out.push_str("&#39;"),
            '\n' | '\r' | '\t' if attribute => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\u{a0}' => out.push_str("&nbsp;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(source: &str) -> Result<String, NotWellFormed> {
        rewrite(source, &mut || "ID".to_owned())
    }

    #[test]
    fn a_macro_gets_version_and_id_and_empty_elements_are_closed() {
        let source = r#"<p>a<br/><!-- no --></p><ac:structured-macro ac:name="toc"/>"#;
        assert_eq!(
            stored(source).unwrap(),
            r#"<p>a<br /></p><ac:structured-macro ac:name="toc" ac:schema-version="1" ac:macro-id="ID" />"#
        );
    }

    #[test]
    fn what_was_rewritten_is_stored_unchanged() {
        let once =
            stored("<p title='\"&apos;'>&nbsp;&eacute; &lt;b&gt; <![CDATA[a]]></p>").unwrap();
        assert_eq!(stored(&once).unwrap(), once);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for bad in [
            "<p>",
            "</p>",
            "<p></b>",
            "<p a=1></p>",
            "<p a='<'></p>",
            "a & b",
            "&nosuch;",
            "<x:y></x:y>",
            "<p a='1' a='2'></p>",
            "\u{1}",
            "&#1;",
            "<?php ?>",
            "<p",
            "]]>",
            "<!DOCTYPE x>",
            "<p a></p>",
            "&#xD800;",
            "<p>&</p>",
        ] {
            assert!(stored(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_refusal_tells_row_and_column() {
        let text = stored("<p>\n</b>").unwrap_err().to_string();
        assert!(text.starts_with("Error parsing xhtml: "), "{text}");
        assert!(
            text.contains("\n at [row,col {unknown-source}]: [2,"),
            "{text}"
        );
    }

    #[test]
    fn deep_nesting_is_refused_and_harmless() {
        assert!(stored(&"<b>".repeat(200_000)).is_err());
        let deep = format!("{}x{}", "<b>".repeat(150), "</b>".repeat(150));
        assert!(stored(&deep).is_ok());
    }
}
