//! What a desktop offers its programs, as far as the app uses it: notifications that are clicked, a
//! tray whose menus are opened, and a button that closes windows.
//!
//! Sources: the Desktop Notifications Specification 1.2 and the StatusNotifierItem draft of
//! freedesktop.org; the menu is that of libdbusmenu (com.canonical.dbusmenu).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, CLIENT_MESSAGE_EVENT, ClientMessageEvent, ConnectionExt as _, EventMask, Window,
};
use zbus::Connection;
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use crate::window::until;

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

#[derive(Debug, Clone)]
pub struct Notified {
    pub id: u32,
    pub title: String,
    pub body: String,
    actions: Vec<String>,
}

/// Where an icon of the tray is asked for: its owner on the bus, and its path.
#[derive(Debug, Clone)]
struct Item {
    owner: String,
    path: String,
}

/// Of a menu: its number, its properties, what is below it.
type Entry = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

#[derive(Default)]
struct Seen {
    notified: Vec<Notified>,
    items: Vec<Item>,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Seen>>);

impl Shared {
    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }
}

struct Notifications(Shared);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[allow(clippy::too_many_arguments)] // As the specification has it.
    fn notify(
        &self,
        _app: String,
        _replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        self.0.seen(|seen| {
            let id = seen.notified.len() as u32 + 1;
            seen.notified.push(Notified {
                id,
                title,
                body,
                actions,
            });
            id
        })
    }

    fn get_capabilities(&self) -> Vec<String> {
        vec!["actions".into(), "body".into()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("Test".into(), "Test".into(), "1".into(), "1.2".into())
    }

    fn close_notification(&self, _id: u32) {}
}

struct Watcher(Shared);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// libayatana-appindicator gives the item's path; the owner is the sender.
    fn register_status_notifier_item(&self, path: String, #[zbus(header)] header: Header<'_>) {
        let owner = header.sender().unwrap().to_string();
        self.0.seen(|seen| seen.items.push(Item { owner, path }));
    }

    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0
            .seen(|seen| seen.items.iter().map(|it| it.owner.clone()).collect())
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

pub struct Session {
    bus: Connection,
    shared: Shared,
}

impl Session {
    /// Takes the place of a desktop in this D-Bus session, which has none.
    pub async fn start() -> Session {
        let shared = Shared::default();
        let bus = zbus::connection::Builder::session()
            .unwrap()
            .serve_at(NOTIFICATIONS_PATH, Notifications(shared.clone()))
            .unwrap()
            .serve_at("/StatusNotifierWatcher", Watcher(shared.clone()))
            .unwrap()
            .name(NOTIFICATIONS)
            .unwrap()
            .name(WATCHER)
            .unwrap()
            .build()
            .await
            .unwrap();
        Session { bus, shared }
    }

    /// The next notification after the first `count`.
    pub async fn notified(&self, count: usize) -> Notified {
        until("a notification", async || {
            self.shared.seen(|seen| seen.notified.get(count).cloned())
        })
        .await
    }

    pub fn notifications(&self) -> Vec<Notified> {
        self.shared.seen(|seen| seen.notified.clone())
    }

    /// Clicks on the notification itself.
    pub async fn click(&self, notification: &Notified) {
        assert!(
            notification.actions.iter().any(|it| it == "default"),
            "a click on it does nothing: {notification:?}"
        );
        self.bus
            .emit_signal(
                None::<&str>,
                NOTIFICATIONS_PATH,
                NOTIFICATIONS,
                "ActionInvoked",
                &(notification.id, "default"),
            )
            .await
            .unwrap();
    }

    /// Whether an icon is in the tray now.
    pub async fn has_icon(&self) -> bool {
        self.menu().await.is_some()
    }

    /// The newest icon that still answers, and where its menu is.
    async fn menu(&self) -> Option<(String, OwnedObjectPath)> {
        let item = self.shared.seen(|seen| seen.items.last().cloned())?;
        // What is asked for is what is so now, not what was when it was asked for first.
        let proxy = zbus::proxy::Builder::<zbus::Proxy<'_>>::new(&self.bus)
            .destination(item.owner.clone())
            .ok()?
            .path(item.path.clone())
            .ok()?
            .interface(ITEM)
            .ok()?
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .ok()?;
        let status: String = proxy.get_property("Status").await.ok()?;
        let menu: OwnedObjectPath = proxy.get_property("Menu").await.ok()?;
        (status != "Passive").then_some((item.owner, menu))
    }

    /// Chooses an item of the icon's menu.
    pub async fn choose(&self, label: &str) {
        let (owner, path) = until("an icon in the tray", async || self.menu().await).await;
        let menu = zbus::Proxy::new(&self.bus, owner, path, MENU)
            .await
            .unwrap();
        let nothing: Vec<String> = Vec::new();
        let (_, layout): (u32, Entry) = menu.call("GetLayout", &(0, -1, nothing)).await.unwrap();
        let entries: Vec<(i32, String)> = layout
            .2
            .into_iter()
            .map(|it| {
                let (id, mut properties, _): Entry = it.try_into().unwrap();
                let label = properties.remove("label").map(String::try_from);
                (id, label.and_then(Result::ok).unwrap_or_default())
            })
            .collect();
        let entry = entries.iter().find(|it| it.1 == label);
        let (id, _) = entry.unwrap_or_else(|| panic!("no {label:?} among {entries:?}"));
        let event = (*id, "clicked", Value::from(0), 0u32);
        menu.call::<_, _, ()>("Event", &event).await.unwrap();
    }

    /// As the button in a window's frame does.
    ///
    /// Source: Inter-Client Communication Conventions Manual 2.0, 4.2.8.1.
    pub fn close_window(&self, title: &str) {
        let (x, screen) = x11rb::connect(None).unwrap();
        let root = x.setup().roots[screen].root;
        let atom = |name: &[u8]| x.intern_atom(false, name).unwrap().reply().unwrap().atom;
        let (protocols, delete) = (atom(b"WM_PROTOCOLS"), atom(b"WM_DELETE_WINDOW"));
        let asked = |window: Window| {
            let property = |name: u32, kind: u32| {
                let answer = x.get_property(false, window, name, kind, 0, 1024).ok()?;
                answer.reply().ok()
            };
            let name = property(AtomEnum::WM_NAME.into(), AtomEnum::ANY.into());
            let takes_part = property(protocols, AtomEnum::ATOM.into()).is_some_and(|it| {
                it.value32()
                    .is_some_and(|mut all| all.any(|it| it == delete))
            });
            takes_part && name.is_some_and(|it| it.value == title.as_bytes())
        };
        let windows = x.query_tree(root).unwrap().reply().unwrap().children;
        let window = windows.into_iter().find(|it| asked(*it));
        let window = window.unwrap_or_else(|| panic!("there is no window {title:?}"));
        let message = ClientMessageEvent {
            response_type: CLIENT_MESSAGE_EVENT,
            format: 32,
            sequence: 0,
            window,
            type_: protocols,
            data: [delete, x11rb::CURRENT_TIME, 0, 0, 0].into(),
        };
        x.send_event(false, window, EventMask::NO_EVENT, message)
            .unwrap()
            .check()
            .unwrap();
    }
}
