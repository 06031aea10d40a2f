// What the tests look for in the window, by role and accessible name. Runs after axe-core, whose
// reading of roles and names it uses, so that what a test finds is what a screen reader says.

// Nothing moves or fades while it is looked at: a test meets what stays on the screen.
const still = new CSSStyleSheet();
still.replaceSync("*, ::before, ::after { animation: none !important; transition: none !important }");
document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];

window.retropressTest = {
  /** Only what can be met now: the open dialog hides everything behind it. */
  area() {
    const dialogs = [...document.querySelectorAll("dialog")].filter((it) => it.matches(":modal"));
    return dialogs.at(-1) ?? document.body;
  },

  /** As ARIA has it, and a text field too for those input types it leaves out. */
  role(element) {
    if (element.matches("input[type=password], input[type=date]")) return "textbox";
    return axe.commons.aria.getRole(element) ?? "";
  },

  find(role, name, contains, within) {
    const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
    const wanted = plain(name);
    axe.setup(document.documentElement);
    try {
      const found = [...(within ?? this.area()).querySelectorAll("*")].filter((element) => {
        if (this.role(element) !== role) return false;
        if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("[inert]")) return false;
        const is = plain(axe.commons.text.accessibleText(element));
        return contains ? is.toLowerCase().includes(wanted.toLowerCase()) : is === wanted;
      });
      return found;
    } finally {
      axe.teardown();
    }
  },

  /** What is there of a role, for the message of a test that did not find what it wanted. */
  names(role) {
    axe.setup(document.documentElement);
    try {
      return [...this.area().querySelectorAll("*")]
        .filter((element) => this.role(element) === role && element.checkVisibility())
        .map((element) => axe.commons.text.accessibleText(element));
    } finally {
      axe.teardown();
    }
  },

  /** The role and name of what has the focus. */
  focused() {
    axe.setup(document.documentElement);
    try {
      const element = document.activeElement ?? document.body;
      return [this.role(element), axe.commons.text.accessibleText(element) ?? ""];
    } finally {
      axe.teardown();
    }
  },

  shows(text) {
    const plain = (it) => it.replace(/\s+/g, " ").toLowerCase();
    return plain(this.area().innerText).includes(plain(text));
  },

  paste(element, text) {
    element.focus();
    return document.execCommand("insertText", false, text);
  },

  /** For texts that the editing commands take minutes for. */
  put(element, text) {
    element.value = text;
    element.dispatchEvent(new InputEvent("input", { bubbles: true }));
  },
};
