//! A writer of HTML in which text can only ever be text.

use crate::storage_format::escape_into;

#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    pub fn into_string(self) -> String {
        self.0
    }

    /// Opens an element. Its name, and its attributes' names, come from the
    /// program; the values may be anybody's.
    pub fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) -> &mut Html {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            escape_into(value, true, &mut self.0);
            self.0.push('"');
        }
        self.0.push('>');
        self
    }

    pub fn close(&mut self, name: &'static str) -> &mut Html {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Html {
        escape_into(text, false, &mut self.0);
        self
    }

    /// An element with nothing but text in it.
    pub fn element(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) -> &mut Html {
        self.open(name, attributes).text(text).close(name)
    }

    pub fn link(&mut self, address: &str, text: &str) -> &mut Html {
        self.element("a", &[("href", address)], text)
    }

    /// What another writer of this kind made.
    pub fn append(&mut self, other: Html) -> &mut Html {
        self.0.push_str(&other.0);
        self
    }
}
