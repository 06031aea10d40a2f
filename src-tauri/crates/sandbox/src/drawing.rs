//! Storage format drawn as HTML: known elements and macros by a list of what
//! is allowed, everything else as its text.

use chrono::NaiveDate;

use crate::content::{Content, Page};
use crate::html::Html;
use crate::links;
use crate::storage_format::{Element, Node, parse};
use crate::world::Edition;

/// Elements drawn as they are, without attributes unless `attributes` says so.
const PLAIN: [&str; 45] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "strong",
    "b",
    "em",
    "i",
    "u",
    "s",
    "del",
    "ins",
    "code",
    "pre",
    "sub",
    "sup",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "colgroup",
    "caption",
    "span",
    "div",
    "small",
    "cite",
    "dl",
    "dt",
    "dd",
    "kbd",
    "q",
    "abbr",
    "hr",
    "br",
    "col",
];

const VOID: [&str; 3] = ["hr", "br", "col"];

/// What a drawing needs to know beside the text.
#[derive(Clone, Copy)]
pub(crate) struct Canvas<'a> {
    pub content: &'a Content,
    pub page: &'a Page,
    pub edition: Edition,
    /// The context path, which every address starts with.
    pub context: &'a str,
}

/// A page's body as HTML. What does not parse is shown as text.
pub(crate) fn draw(canvas: &Canvas<'_>, body: &str) -> Html {
    let mut html = Html::default();
    match parse(body) {
        Ok(nodes) => canvas.nodes(&nodes, &nodes, &mut html),
        Err(_) => {
            html.element("pre", &[], body);
        }
    }
    html
}

impl Canvas<'_> {
    fn nodes(&self, nodes: &[Node], whole: &[Node], html: &mut Html) {
        for node in nodes {
            match node {
                Node::Text(text) | Node::Cdata(text) => {
                    html.text(text);
                }
                Node::Element(element) => self.element(element, whole, html),
            }
        }
    }

    fn element(&self, element: &Element, whole: &[Node], html: &mut Html) {
        let inside = |html: &mut Html| self.nodes(&element.children, whole, html);
        match element.name.as_str() {
            "ac:structured-macro" | "ac:macro" => self.structured_macro(element, whole, html),
            "ac:task-list" => self.tasks(element, whole, html),
            "ac:link" => self.link(element, whole, html),
            "ac:image" => self.image(element, html),
            "ac:layout-section" => {
                html.open("div", &[("class", "section")]);
                inside(html);
                html.close("div");
            }
            "ac:layout-cell" => {
                html.open("div", &[("class", "cell")]);
                inside(html);
                html.close("div");
            }
            "ac:emoticon" => {
                let text = element.attribute("ac:emoji-fallback");
                html.text(text.or(element.attribute("ac:name")).unwrap_or_default());
            }
            "ac:parameter" | "ac:placeholder" | "ac:task-id" | "ac:task-status" => {}
            "time" => {
                let date = element.attribute("datetime").unwrap_or_default();
                let shown = NaiveDate::parse_from_str(date, "%Y-%m-%d")
                    .map_or_else(|_| date.to_owned(), |d| d.format("%-d %b %Y").to_string());
                html.element("time", &[("datetime", date)], &shown);
            }
            "a" => {
                let address = element.attribute("href").unwrap_or_default();
                if is_safe_address(address) {
                    html.open("a", &[("href", address), ("rel", "noreferrer noopener")]);
                    inside(html);
                    html.close("a");
                } else {
                    inside(html);
                }
            }
            name => match PLAIN.into_iter().find(|plain| *plain == name) {
                Some(plain) => {
                    let attributes = attributes(element);
                    let attributes: Vec<(&'static str, &str)> = attributes
                        .iter()
                        .map(|(key, value)| (*key, value.as_str()))
                        .collect();
                    let heading = heading_id(element, whole);
                    let mut all = attributes;
                    if let Some(id) = &heading {
                        all.push(("id", id));
                    }
                    html.open(plain, &all);
                    if !VOID.contains(&plain) {
                        inside(html);
                        html.close(plain);
                    }
                }
                None => inside(html),
            },
        }
    }

    fn structured_macro(&self, element: &Element, whole: &[Node], html: &mut Html) {
        let name = element.attribute("ac:name").unwrap_or_default();
        let body = |html: &mut Html| {
            if let Some(body) = element.child("ac:rich-text-body") {
                self.nodes(&body.children, whole, html);
            }
        };
        let plain = || {
            element
                .child("ac:plain-text-body")
                .map(Element::text)
                .unwrap_or_default()
        };
        match name {
            "status" => {
                let colour = element.parameter("colour").to_ascii_lowercase();
                let class = ["red", "yellow", "green", "blue", "purple"]
                    .into_iter()
                    .find(|known| *known == colour)
                    .unwrap_or("grey");
                let class = format!("status {class}");
                html.element("span", &[("class", &class)], &element.parameter("title"));
            }
            "info" | "note" | "tip" | "warning" | "panel" => {
                let class = format!("panel {name}");
                html.open("div", &[("class", &class)]);
                let title = element.parameter("title");
                if !title.is_empty() {
                    html.element("p", &[("class", "panel-title")], &title);
                }
                body(html);
                html.close("div");
            }
            "expand" => {
                let title = element.parameter("title");
                let title = if title.is_empty() {
                    "Click here to expand"
                } else {
                    &title
                };
                html.open("details", &[]).element("summary", &[], title);
                body(html);
                html.close("details");
            }
            "details" => {
                html.open("div", &[("class", "properties")]);
                body(html);
                html.close("div");
            }
            "anchor" => {
                let id = element.parameter("");
                html.element("span", &[("id", &id), ("class", "anchor")], "");
            }
            "toc" => self.contents(whole, html),
            "children" => {
                html.open("ul", &[]);
                for child in self.content.children(self.page.id) {
                    html.open("li", &[])
                        .link(&self.page_address(child), child.title());
                    html.close("li");
                }
                html.close("ul");
            }
            "view-file" => {
                let file = element
                    .elements()
                    .find_map(|parameter| parameter.child("ri:attachment"))
                    .and_then(|attachment| attachment.attribute("ri:filename"))
                    .map_or_else(|| element.parameter("name"), str::to_owned);
                html.open("p", &[("class", "file")]);
                self.file_link(&file, &file, html);
                html.close("p");
            }
            "attachments" => self.attachments(html),
            "code" | "noformat" => {
                html.open("pre", &[])
                    .element("code", &[], &plain())
                    .close("pre");
            }
            other => {
                html.open("div", &[("class", "macro")]);
                html.element("p", &[("class", "macro-name")], &format!("Macro: {other}"));
                body(html);
                let text = plain();
                if !text.is_empty() {
                    html.element("pre", &[], &text);
                }
                html.close("div");
            }
        }
    }

    /// The list of a page's files, with links to download them.
    pub fn attachments(&self, html: &mut Html) {
        html.open("ul", &[("class", "attachments")]);
        for file in self
            .content
            .page_attachments(self.page.id, std::time::Duration::ZERO)
        {
            html.open("li", &[]);
            self.file_link(&file.name, &file.name, html);
            if let Some(version) = file.latest() {
                let about = format!(
                    " version {}, {} bytes, {} UTC",
                    version.number,
                    version.bytes.len(),
                    version.at.format("%-d %b %Y %H:%M")
                );
                html.element("span", &[("class", "muted")], &about);
                if !version.comment.is_empty() {
                    html.element("span", &[("class", "comment")], &version.comment);
                }
            }
            html.close("li");
        }
        html.close("ul");
    }

    fn file_link(&self, file: &str, text: &str, html: &mut Html) {
        if self.content.attachment_named(self.page.id, file).is_some() {
            html.link(&self.file_address(file), text);
        } else {
            html.element(
                "span",
                &[("class", "missing")],
                &format!("{text} (not attached)"),
            );
        }
    }

    fn file_address(&self, file: &str) -> String {
        format!(
            "{}/download/attachments/{}/{}",
            self.context,
            self.page.id,
            links::segment(file)
        )
    }

    pub fn page_address(&self, page: &Page) -> String {
        let webui = match self.edition {
            Edition::Cloud => crate::cloud::webui(self.content, page),
            Edition::DataCenter => crate::data_center::webui(self.content, page),
        };
        format!("{}{webui}", self.context)
    }

    fn tasks(&self, element: &Element, whole: &[Node], html: &mut Html) {
        html.open("ul", &[("class", "tasks")]);
        for task in element.elements().filter(|e| e.name == "ac:task") {
            let done = task
                .child("ac:task-status")
                .is_some_and(|status| status.text() == "complete");
            html.open("li", &[]);
            let label = if done { "Done" } else { "To do" };
            let mut box_of = vec![
                ("type", "checkbox"),
                ("disabled", "disabled"),
                ("aria-label", label),
            ];
            if done {
                box_of.push(("checked", "checked"));
            }
            html.open("input", &box_of);
            html.open("span", &[]);
            if let Some(body) = task.child("ac:task-body") {
                self.nodes(&body.children, whole, html);
            }
            html.close("span").close("li");
        }
        html.close("ul");
    }

    fn link(&self, element: &Element, whole: &[Node], html: &mut Html) {
        let anchor = element
            .attribute("ac:anchor")
            .map(|anchor| format!("#{anchor}"));
        let file = element
            .child("ri:attachment")
            .and_then(|f| f.attribute("ri:filename"));
        let title = element
            .child("ri:page")
            .and_then(|p| p.attribute("ri:content-title"));
        let linked = title.and_then(|title| {
            let key = element
                .child("ri:page")
                .and_then(|p| p.attribute("ri:space-key"));
            let space = match key {
                Some(key) => self.content.space_by_key(key)?.id,
                None => self.page.space,
            };
            self.content
                .pages
                .values()
                .find(|p| p.space == space && p.title() == title && self.content.sees(p))
        });
        let user = element.child("ri:user").map(|user| {
            let id = ["ri:account-id", "ri:userkey", "ri:username"]
                .into_iter()
                .find_map(|key| user.attribute(key))
                .unwrap_or_default();
            let person = crate::samples::PEOPLE
                .into_iter()
                .find(|p| p.account_id == id || p.user_key == id || p.username == id);
            format!("@{}", person.map_or(id, |person| person.name))
        });
        let address = match (file, linked) {
            (Some(file), _) => Some(self.file_address(file)),
            (None, Some(page)) => Some(format!(
                "{}{}",
                self.page_address(page),
                anchor.clone().unwrap_or_default()
            )),
            (None, None) if title.is_none() => anchor,
            _ => None,
        };
        if let Some(address) = &address {
            html.open("a", &[("href", address)]);
        }
        match (
            element.child("ac:link-body"),
            element.child("ac:plain-text-link-body"),
        ) {
            (Some(body), _) | (None, Some(body)) => self.nodes(&body.children, whole, html),
            (None, None) => {
                let text = user.as_deref().or(file).or(title).unwrap_or("link");
                html.text(text);
            }
        }
        if address.is_some() {
            html.close("a");
        }
    }

    fn image(&self, element: &Element, html: &mut Html) {
        let alt = element.attribute("ac:alt").unwrap_or_default();
        if let Some(file) = element
            .child("ri:attachment")
            .and_then(|f| f.attribute("ri:filename"))
        {
            let source = self.file_address(file);
            let mut attributes = vec![("src", source.as_str()), ("alt", alt)];
            if let Some(width) = element.attribute("ac:width").filter(|w| is_number(w)) {
                attributes.push(("width", width));
            }
            html.open("img", &attributes);
        } else if let Some(address) = element
            .child("ri:url")
            .and_then(|url| url.attribute("ri:value"))
        {
            // Pictures from elsewhere are not fetched.
            html.element(
                "span",
                &[("class", "missing")],
                &format!("Picture: {address}"),
            );
        }
    }

    fn contents(&self, whole: &[Node], html: &mut Html) {
        html.open("ul", &[("class", "toc")]);
        for (number, heading) in headings(whole).into_iter().enumerate() {
            html.open("li", &[]);
            html.link(&format!("#heading-{number}"), &heading.text());
            html.close("li");
        }
        html.close("ul");
    }
}

fn is_heading(element: &Element) -> bool {
    matches!(
        element.name.as_str(),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
    )
}

/// The headings at the top of a page's body; those inside macros and tables
/// have no place in its table of contents.
fn headings(whole: &[Node]) -> Vec<&Element> {
    whole
        .iter()
        .filter_map(|node| match node {
            Node::Element(element) if is_heading(element) => Some(element),
            _ => None,
        })
        .collect()
}

fn heading_id(element: &Element, whole: &[Node]) -> Option<String> {
    if !is_heading(element) {
        return None;
    }
    let number = headings(whole)
        .into_iter()
        .position(|h| std::ptr::eq(h, element))?;
    Some(format!("heading-{number}"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Links lead to the web, to a mail, or within the sandbox; never to a script.
fn is_safe_address(address: &str) -> bool {
    let address = address.trim();
    let scheme = address
        .split_once(':')
        .map(|(scheme, _)| scheme)
        .filter(|scheme| !scheme.contains(['/', '?', '#']));
    match scheme {
        None => !address.chars().any(char::is_control),
        Some(scheme) => ["http", "https", "mailto"]
            .iter()
            .any(|safe| scheme.eq_ignore_ascii_case(safe)),
    }
}

/// The attributes that are drawn. Styles are not: they become attributes and
/// classes the policy of the page allows.
fn attributes(element: &Element) -> Vec<(&'static str, String)> {
    let mut drawn = Vec::new();
    let is_cell = matches!(element.name.as_str(), "td" | "th");
    if is_cell {
        for key in ["colspan", "rowspan"] {
            if let Some(value) = element.attribute(key).filter(|value| is_number(value)) {
                drawn.push((key, value.to_owned()));
            }
        }
        let colour = element.attribute("data-highlight-colour").and_then(colour);
        if let Some(colour) = colour {
            drawn.push(("bgcolor", colour));
            drawn.push(("class", "highlight".to_owned()));
        }
    }
    if element.name == "ol"
        && let Some(start) = element.attribute("start").filter(|value| is_number(value))
    {
        drawn.push(("start", start.to_owned()));
    }
    let style = element
        .attribute("style")
        .unwrap_or_default()
        .replace(' ', "");
    for (wanted, class) in [
        ("text-align:center", "center"),
        ("text-align:right", "right"),
    ] {
        if !is_cell && style.contains(wanted) {
            drawn.push(("class", class.to_owned()));
        }
    }
    drawn
}

fn colour(value: &str) -> Option<String> {
    let digits = value.strip_prefix('#').unwrap_or_default();
    if matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(value.to_owned());
    }
    let known = match value.to_ascii_lowercase().as_str() {
        "grey" | "gray" => "#f4f5f7",
        "red" => "#ffebe6",
        "yellow" => "#fffae6",
        "green" => "#e3fcef",
        "blue" => "#deebff",
        "purple" | "purpleish" => "#eae6ff",
        _ => return None,
    };
    Some(known.to_owned())
}
