//! The real window, driven by what its user sees: roles, names, keys.
//!
//! Each [`Window`] is a program of its own with a data folder of its own. Between the test and
//! WebKitWebDriver stands tauri-driver, whose environment the app inherits.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout
)] // Shared by several tests.

pub mod journey;

use std::env;
use std::fs;
use std::net::TcpListener;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;

/// Longer than anything in the window takes, on the slowest machine these tests run on.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

pub struct Window {
    process: Process,
    driver: Driver,
    data: Data,
    /// The first of the sandbox's ports. A restart keeps it, as integrations keep its address.
    sandbox: u16,
}

/// Where the app keeps everything: its database, its log, the sandbox's pages.
enum Data {
    Fresh(TempDir),
    Kept(PathBuf),
}

impl Data {
    fn path(&self) -> &Path {
        match self {
            Data::Fresh(folder) => folder.path(),
            Data::Kept(path) => path,
        }
    }
}

impl Window {
    /// A first start.
    pub async fn open() -> Window {
        Window::start(Data::Fresh(tempfile::tempdir().unwrap()), free_ports(5)).await
    }

    /// A first start of a user whose home is the folder.
    pub async fn open_at_home(home: &Path) -> Window {
        let data = Data::Fresh(tempfile::tempdir().unwrap());
        let sandbox = free_ports(5);
        let process = Process::start_at_home(data.path(), sandbox, Some(home));
        Window::of(process, data, sandbox).await
    }

    /// A start on a folder that stays.
    pub async fn open_in(folder: &Path) -> Window {
        Window::start(Data::Kept(folder.to_owned()), free_ports(5)).await
    }

    async fn start(data: Data, sandbox: u16) -> Window {
        let process = Process::start(data.path(), sandbox);
        Window::of(process, data, sandbox).await
    }

    async fn of(process: Process, data: Data, sandbox: u16) -> Window {
        let driver = process.connect(APP).await;
        let window = Window {
            driver,
            process,
            data,
            sandbox,
        };
        window.prepare().await;
        window
    }

    /// Starts a program, the app or another one, and watches until its window shows something to read.
    pub async fn start_of(program: Option<&str>, folder: &Path) -> Start {
        const FIRST_CONTENT: &str = r#"
            const done = arguments[arguments.length - 1];
            const look = () => {
                const paint = performance.getEntriesByName("first-contentful-paint")[0];
                const page = performance.getEntriesByType("navigation")[0];
                if (paint && document.querySelector("main h1:not(.sr)"))
                    done([performance.timeOrigin, page.domContentLoadedEventEnd, paint.startTime]);
                else setTimeout(look, 20);
            };
            look();
        "#;
        let process = Process::start(folder, free_ports(5));
        let program = program.unwrap_or(APP);
        let driver = process.connect(program).await;
        let times: Vec<f64> = driver
            .execute_async(FIRST_CONTENT, vec![])
            .await
            .unwrap()
            .convert()
            .unwrap();
        let started = started_at(Path::new(program));
        driver.quit().await.unwrap();
        let page = times[0] - started;
        Start {
            page,
            loaded: page + times[1],
            shown: page + times[2],
        }
    }

    /// Ends the app without a warning and starts it again on the same data.
    pub async fn restart(self) -> Window {
        let Window {
            driver,
            process,
            data,
            sandbox,
        } = self;
        driver.quit().await.unwrap();
        drop(process);
        Window::start(data, sandbox).await
    }

    /// Waits until the app has ended by itself.
    pub async fn ends(&self) {
        until("the end of the app", async || {
            processes_of(self.data()).is_empty().then_some(())
        })
        .await;
    }

    /// The same, and starts it again on the same data.
    pub async fn start_again(self) -> Window {
        self.ends().await;
        let Window {
            driver,
            process,
            data,
            sandbox,
        } = self;
        drop(driver);
        drop(process);
        Window::start(data, sandbox).await
    }

    /// Sends the app's own process a signal, such as TERM.
    pub fn signal(&self, name: &str) {
        let id = self.process_id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// The page answers nothing any more, as after an endless loop.
    pub async fn hang(&self) {
        let script = "setTimeout(() => { for (;;) {} }, 100)";
        self.run(script, vec![]).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    /// Presses what ends the app: the driver gets no answer any more, or an error.
    pub async fn press_to_end(&self, role: &str, name: &str) {
        let element = self.find(role, name).await;
        let _ = element.click().await;
    }

    pub async fn close(self) {
        self.driver.quit().await.unwrap();
    }

    /// "#/published/..."
    pub async fn place(&self) -> String {
        let place = self.run("return location.hash", vec![]).await;
        place.as_str().unwrap_or_default().to_owned()
    }

    /// Not in the tray.
    pub async fn is_visible(&self) -> bool {
        let state = self.run("return document.visibilityState", vec![]).await;
        state == Value::String("visible".into())
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The address the app last handed to the browser.
    pub async fn opened(&self) -> String {
        let file = self.data().join("opened.txt");
        until("an address opened in the browser", async || {
            let text = fs::read_to_string(&file).ok()?;
            text.lines()
                .last()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
        })
        .await
    }

    /// Makes the next [`opened`](Window::opened) wait for a new address.
    pub fn forget_opened(&self) {
        fs::remove_file(self.data().join("opened.txt")).ok();
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.driver
            .set_window_rect(0, 0, width, height)
            .await
            .unwrap();
    }

    /// Once for each page: a reload throws it away.
    async fn prepare(&self) {
        until("the window", async || {
            let ready = self
                .run("return !!document.querySelector('main h1')", vec![])
                .await;
            (ready == Value::Bool(true)).then_some(())
        })
        .await;
        self.run(AXE, vec![]).await;
        self.run(PAGE, vec![]).await;
    }

    /// A script that ends by calling its last argument, which is added.
    pub async fn call_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.driver.execute_async(script, arguments).await.unwrap();
        answer.json().clone()
    }

    async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.driver
            .execute(script, arguments)
            .await
            .unwrap()
            .json()
            .clone()
    }

    async fn all(
        &self,
        role: &str,
        name: &str,
        contains: bool,
        within: Option<&WebElement>,
    ) -> Vec<WebElement> {
        let within = within.map_or(Value::Null, |it| it.to_json().unwrap());
        let found = self
            .driver
            .execute(
                "return retropressTest.find(...arguments)",
                vec![json!(role), json!(name), json!(contains), within],
            )
            .await;
        found.and_then(|found| found.elements()).unwrap_or_default()
    }

    async fn wait(
        &self,
        role: &str,
        name: &str,
        contains: bool,
        within: Option<&WebElement>,
    ) -> WebElement {
        let start = Instant::now();
        loop {
            let mut found = self.all(role, name, contains, within).await;
            if !found.is_empty() {
                return found.remove(0);
            }
            if start.elapsed() > PATIENCE {
                let names = self
                    .run(
                        "return retropressTest.names(arguments[0])",
                        vec![json!(role)],
                    )
                    .await;
                self.leave_picture("not-found").await;
                panic!(
                    "there is no {role} {name:?}. There are: {names}\n\n{}",
                    self.text().await
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The first of this role and exactly this name; waits for it.
    pub async fn find(&self, role: &str, name: &str) -> WebElement {
        println!("find {role} {name:?}");
        self.wait(role, name, false, None).await
    }

    /// The first of this role whose name has these words in it.
    pub async fn find_containing(&self, role: &str, words: &str) -> WebElement {
        self.wait(role, words, true, None).await
    }

    /// All there are now of this role whose name has these words in it.
    pub async fn find_all(&self, role: &str, words: &str) -> Vec<WebElement> {
        self.all(role, words, true, None).await
    }

    /// Is it there now?
    pub async fn has(&self, role: &str, name: &str) -> bool {
        !self.all(role, name, false, None).await.is_empty()
    }

    /// The same, inside of something else that is there.
    pub async fn find_in(&self, outer: &WebElement, role: &str, name: &str) -> WebElement {
        self.wait(role, name, false, Some(outer)).await
    }

    pub async fn click_in(&self, outer: &WebElement, role: &str, name: &str) {
        let element = self.find_in(outer, role, name).await;
        self.press_on(&element).await;
    }

    pub async fn click(&self, role: &str, name: &str) {
        println!("click {role} {name:?}");
        let element = self.wait(role, name, false, None).await;
        self.press_on(&element).await;
    }

    pub async fn click_containing(&self, role: &str, words: &str) {
        println!("click {role} with {words:?}");
        let element = self.find_containing(role, words).await;
        self.press_on(&element).await;
    }

    /// A press of the mouse. Where a label lies over its control, the press goes to the label, as it
    /// does for a person; a message that lies over it goes away by itself.
    async fn press_on(&self, element: &WebElement) {
        element.scroll_into_view().await.unwrap();
        let start = Instant::now();
        loop {
            match element.click().await {
                Err(error) if is_covered(&error) && start.elapsed() < PATIENCE => {
                    let label = "return arguments[0].labels?.[0]";
                    let label = self
                        .driver
                        .execute(label, vec![element.to_json().unwrap()])
                        .await;
                    if let Ok(label) = label.unwrap().element() {
                        return label.click().await.unwrap();
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome.unwrap(),
            }
        }
    }

    /// Replaces what a text field holds, as a person would: all chosen, then typed over.
    pub async fn fill(&self, label: &str, text: &str) {
        println!("fill {label:?} with {text:?}");
        let field = self.find("textbox", label).await;
        self.type_over(&field, text).await;
    }

    pub async fn type_over(&self, field: &WebElement, text: &str) {
        field.scroll_into_view().await.unwrap();
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(Key::Delete + text).await.unwrap();
    }

    /// Chooses a file for the input that this selector finds, as its dialog would. The input itself is
    /// hidden: what is seen is its button.
    pub async fn choose_file(&self, selector: &str, file: &Path) {
        println!("choose {}", file.display());
        let input = self.driver.find(By::Css(selector)).await.unwrap();
        input.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// The id of the app's own process: not of those the window is drawn by.
    pub fn process_id(&self) -> u32 {
        *processes_of(self.data()).first().expect("the app runs")
    }

    /// Puts a long text into a field at once, as pasting does.
    pub async fn paste(&self, label: &str, text: &str) {
        let field = self.find("textbox", label).await;
        let done = self
            .driver
            .execute(
                "return retropressTest.paste(...arguments)",
                vec![field.to_json().unwrap(), json!(text)],
            )
            .await
            .unwrap();
        assert_eq!(done.json(), &Value::Bool(true));
    }

    /// Puts a text into a field that is too long to be sent to the window: a line, again and again.
    pub async fn paste_many(&self, label: &str, line: &str, times: usize) {
        let field = self.find("textbox", label).await.to_json().unwrap();
        let script = "retropressTest.put(arguments[0], arguments[1].repeat(arguments[2]))";
        self.run(script, vec![field, json!(line), json!(times)])
            .await;
    }

    /// Puts a text into a field, with half of a surrogate pair for each `{half}`. JSON cannot carry
    /// one.
    pub async fn paste_with_half_a_pair(&self, label: &str, text: &str) {
        let field = self.find("textbox", label).await.to_json().unwrap();
        let script =
            r"retropressTest.put(arguments[0], arguments[1].replaceAll('{half}', '\ud83d'))";
        self.run(script, vec![field, json!(text)]).await;
    }

    /// What a screen reader says of a control beside its name: its hint, its error.
    pub async fn description(&self, element: &WebElement) -> String {
        let script = "return (arguments[0].getAttribute('aria-describedby') ?? '').split(/\\s+/).map((id) => document.getElementById(id)?.innerText ?? '').join(' ')";
        let text = self.run(script, vec![element.to_json().unwrap()]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// How long a field's text is, in UTF-16 units.
    pub async fn length(&self, element: &WebElement) -> u64 {
        let script = "return arguments[0].value.length";
        let length = self.run(script, vec![element.to_json().unwrap()]).await;
        length.as_u64().unwrap()
    }

    /// Keys to whatever has the focus.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        println!("press keys");
        self.driver
            .action_chain()
            .send_keys(keys)
            .perform()
            .await
            .unwrap();
    }

    /// A key with others held down.
    pub async fn press_with(&self, held: &[Key], key: impl Into<char>) {
        let key: char = key.into();
        let mut chain = self.driver.action_chain();
        for held in held {
            chain = chain.key_down(held.clone());
        }
        chain = chain.key_down(key).key_up(key);
        for held in held.iter().rev() {
            chain = chain.key_up(held.clone());
        }
        chain.perform().await.unwrap();
    }

    /// Presses Tab until the focus is on this; the keyboard's way to anything.
    pub async fn tab_to(&self, role: &str, name: &str) {
        let mut seen = vec![];
        for _ in 0..200 {
            let focused = self.focused().await;
            if focused == (role.to_owned(), name.to_owned()) {
                return;
            }
            seen.push(format!("{} {:?}", focused.0, focused.1));
            self.press(Key::Tab).await;
        }
        self.leave_picture("not-reached").await;
        panic!(
            "Tab does not reach {role} {name:?}. It went over:\n{}",
            seen.join("\n")
        );
    }

    pub async fn focused(&self) -> (String, String) {
        let answer = self.run("return retropressTest.focused()", vec![]).await;
        let word = |index: usize| answer[index].as_str().unwrap_or_default().trim().to_owned();
        (word(0), word(1))
    }

    /// Waits until these words are on the screen, whatever their case.
    pub async fn sees(&self, words: &str) {
        println!("look for {words:?}");
        let start = Instant::now();
        loop {
            let shown = self
                .run(
                    "return retropressTest.shows(arguments[0])",
                    vec![json!(words)],
                )
                .await;
            if shown == Value::Bool(true) {
                return;
            }
            if start.elapsed() > PATIENCE {
                self.leave_picture("not-shown").await;
                panic!(
                    "the window does not show {words:?}, but:\n\n{}",
                    self.text().await
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Are these words on the screen now?
    pub async fn shows(&self, words: &str) -> bool {
        let shown = self
            .run(
                "return retropressTest.shows(arguments[0])",
                vec![json!(words)],
            )
            .await;
        shown == Value::Bool(true)
    }

    pub async fn text(&self) -> String {
        let text = self
            .run("return retropressTest.area().innerText", vec![])
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    pub async fn value(&self, element: &WebElement) -> String {
        element.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Shows the window in one of the two themes, whatever the settings say.
    pub async fn theme(&self, theme: &str) {
        self.run(
            "document.documentElement.dataset.theme = arguments[0]",
            vec![json!(theme)],
        )
        .await;
    }

    pub async fn picture(&self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.driver.screenshot(path).await.unwrap();
    }

    /// For whoever has to find out why a test failed.
    async fn leave_picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("{name}.png"));
        if self.driver.screenshot(&path).await.is_ok() {
            println!("the window as it was: {}", path.display());
        }
    }

    /// Nothing that axe-core finds against WCAG 2.2 AA, in light and in dark.
    pub async fn is_accessible(&self, screen: &str) {
        const CHECK: &str = r#"
            const done = arguments[arguments.length - 1];
            axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
                .then((found) => done(found.violations.map((it) =>
                    `${it.id}: ${it.help}\n` + it.nodes.slice(0, 5).map((node) => "    " + node.html.slice(0, 200)).join("\n"))),
                    (error) => done([String(error)]));
        "#;
        let mut found = vec![];
        for theme in ["light", "dark"] {
            self.theme(theme).await;
            let answer = self.driver.execute_async(CHECK, vec![]).await.unwrap();
            for violation in answer.json().as_array().expect("a list") {
                found.push(format!(
                    "{screen}, {theme}: {}",
                    violation.as_str().unwrap_or_default()
                ));
            }
        }
        self.theme("light").await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

pub const APP: &str = env!("CARGO_BIN_EXE_retropress");
const AXE: &str = include_str!("../../ui/node_modules/axe-core/axe.min.js");
const PAGE: &str = include_str!("page.js");

fn is_covered(error: &WebDriverError) -> bool {
    matches!(
        error.as_inner(),
        WebDriverErrorInner::ElementClickIntercepted(_)
    )
}

/// The ids of the apps that run on these data.
fn processes_of(data: &Path) -> Vec<u32> {
    let data = format!("RETROPRESS_DATA={}\0", data.display());
    let program = Path::new(APP).canonicalize().unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == program))
        .filter(|entry| {
            fs::read_to_string(entry.path().join("environ")).is_ok_and(|it| it.contains(&data))
        })
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Asks again and again until there is an answer.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "waited {} s for {what}",
            PATIENCE.as_secs()
        );
        tokio::time::sleep(PAUSE).await;
    }
}

/// The session with the app. Dropped as it is when a test has failed or the app has ended by itself:
/// saying goodbye then would take minutes.
struct Driver(WebDriver);

impl Driver {
    async fn quit(self) -> WebDriverResult<()> {
        self.0.clone().quit().await
    }
}

impl Deref for Driver {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.0
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.clone().leak();
    }
}

/// tauri-driver, with WebKitWebDriver and the app behind it.
struct Process {
    driver: Child,
    port: u16,
    data: PathBuf,
}

impl Process {
    fn start(data: &Path, sandbox: u16) -> Process {
        Process::start_at_home(data, sandbox, None)
    }

    fn start_at_home(data: &Path, sandbox: u16, home: Option<&Path>) -> Process {
        if !cfg!(feature = "automation") {
            panic!(
                "this app takes no orders from tests: build with --features automation, as `cargo xtask test e2e` does"
            );
        }
        let home = home.map(|it| ("HOME", it));
        let program = env::var_os("TAURI_DRIVER").unwrap_or_else(|| "tauri-driver".into());
        let port = free_ports(2);
        let native = port + 1;
        let driver = Command::new(program)
            .args([
                "--port",
                &port.to_string(),
                "--native-port",
                &native.to_string(),
            ])
            .envs(home)
            .env("RETROPRESS_DATA", data)
            .env("RETROPRESS_AUTOMATION", "1")
            .env("RETROPRESS_SANDBOX_PORT", sandbox.to_string())
            .env("RETROPRESS_OAUTH_PORT", free_ports(1).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("tauri-driver starts: these tests are run by `cargo xtask test e2e`");
        Process {
            driver,
            port,
            data: data.to_owned(),
        }
    }

    async fn connect(&self, app: &str) -> Driver {
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut wanted = Capabilities::new();
        wanted
            .set("tauri:options", json!({ "application": app }))
            .unwrap();
        let start = Instant::now();
        loop {
            match WebDriver::new(&address, wanted.clone()).await {
                Ok(driver) => return Driver(driver),
                Err(error) if start.elapsed() > PATIENCE => {
                    panic!("the app does not start: {error}")
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Asked politely, it takes WebKitWebDriver along.
        let id = self.driver.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().ok();
        let start = Instant::now();
        while matches!(self.driver.try_wait(), Ok(None)) {
            if start.elapsed() > Duration::from_secs(5) {
                self.driver.kill().ok();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        end_all(&self.data);
    }
}

/// WebKitWebDriver sometimes ends without the app it started, which would then keep its ports.
fn end_all(data: &Path) {
    let ours = [b"RETROPRESS_DATA=", data.as_os_str().as_encoded_bytes()].concat();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if environment.split(|it| *it == 0).any(|it| it == ours) {
            let id = process.file_name();
            Command::new("kill").arg("-KILL").arg(id).status().ok();
        }
    }
}

/// When the newest process of this program was started, in milliseconds since 1970.
///
/// Source: proc_pid_stat(5), field 22, in hundredths of a second since the computer was started.
/// A start, in milliseconds since its process began.
pub struct Start {
    /// The web engine begins with the page.
    pub page: f64,
    /// The page and its script are read and were run once.
    pub loaded: f64,
    /// There is something to read.
    pub shown: f64,
}

fn started_at(program: &Path) -> f64 {
    let program = program.canonicalize().unwrap();
    let ticks = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == program))
        .filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let (_, fields) = stat.rsplit_once(')')?;
            fields.split_whitespace().nth(19)?.parse::<f64>().ok()
        })
        .fold(0.0, f64::max);
    let up = fs::read_to_string("/proc/uptime").unwrap();
    let up: f64 = up.split_whitespace().next().unwrap().parse().unwrap();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    (now - up + ticks / 100.0) * 1000.0
}

/// The first of so many ports in a row that nobody listens on.
/// Below the range from which the system takes ports of its own accord, so that none of its
/// connections gets in between.
pub fn free_ports(count: u16) -> u16 {
    loop {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        let first = 20_000 + (now.subsec_micros() % 12_000) as u16;
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (first..first + count).all(free) {
            return first;
        }
    }
}
