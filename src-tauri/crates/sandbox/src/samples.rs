//! What a new sandbox holds: invented teams, their spaces and pages.

use chrono::{DateTime, Duration, TimeZone as _, Utc};

use crate::content::{Access, Content, Id, Page, Person, Space, SpaceKind, Status, Version};
use crate::storage_format;
use crate::world::KEPT;

/// The account whose credentials are offered.
pub(crate) const OWN: Person = Person {
    account_id: "712020:5a1db0c5-0001-4f6e-9c1b-7d0c0ffee001",
    user_key: "8a7f808576f6a3d10176f6a41c880001",
    username: "cmorgan",
    name: "Casey Morgan",
    email: "casey.morgan@example.com",
};

/// A colleague; tests make foreign edits through this account.
pub(crate) const OTHER: Person = Person {
    account_id: "712020:5a1db0c5-0002-4f6e-9c1b-7d0c0ffee002",
    user_key: "8a7f808576f6a3d10176f6a41c880002",
    username: "rlindqvist",
    name: "Robin Lindqvist",
    email: "robin.lindqvist@example.com",
};

/// A service account of the organisation, which nobody signs in to.
pub(crate) const SERVICE: Person = Person {
    account_id: "712020:5a1db0c5-0003-4f6e-9c1b-7d0c0ffee003",
    user_key: "8a7f808576f6a3d10176f6a41c880003",
    username: "retropress-service",
    name: "Retropress service account",
    email: "retropress@serviceaccount.example.com",
};

/// Those who have a space of their own.
pub(crate) const MEMBERS: [&Person; 2] = [&OWN, &OTHER];

pub(crate) const PEOPLE: [&Person; 3] = [&OWN, &OTHER, &SERVICE];

/// The scopes the scoped API token and the service account are made with:
/// what publishing needs.
pub(crate) const SCOPES: [&str; 8] = [
    "read:space:confluence",
    "read:page:confluence",
    "write:page:confluence",
    "delete:page:confluence",
    "read:attachment:confluence",
    "write:confluence-file",
    "write:confluence-content",
    "read:confluence-user",
];

pub(crate) fn person(account_id: &str) -> &'static Person {
    PEOPLE
        .into_iter()
        .find(|person| person.account_id == account_id)
        .unwrap_or(&OWN)
}

const SPACES: [(&str, &str, Access); 29] = [
    ("PAY", "Team Payments", Access::Write),
    ("CHK", "Team Checkout", Access::Write),
    ("SRCH", "Team Search", Access::Write),
    ("MOB", "Mobile Apps", Access::Write),
    ("PLAT", "Platform Engineering", Access::Write),
    ("DATA", "Data and Analytics", Access::Write),
    ("AGILE", "Agile Community", Access::Write),
    ("HAND", "Company Handbook", Access::Read),
    ("BOARD", "Board Papers", Access::Hidden),
    ("ARCH", "Architecture Decisions", Access::Write),
    ("BILL", "Billing", Access::Write),
    ("BRAND", "Brand and Design", Access::Write),
    ("CARE", "Customer Care", Access::Write),
    ("CLOUD", "Cloud Operations", Access::Write),
    ("CRM", "Customer Records", Access::Write),
    ("DOCS", "Product Documentation", Access::Write),
    ("EVENT", "Events", Access::Write),
    ("FRAUD", "Fraud Prevention", Access::Write),
    ("GROW", "Growth", Access::Write),
    ("HIRE", "Hiring", Access::Read),
    ("IDENT", "Identity and Sign-in", Access::Write),
    ("LEGAL", "Legal", Access::Read),
    ("LOG", "Logistics", Access::Write),
    ("OFFICE", "Offices and Travel", Access::Write),
    ("PRICE", "Pricing", Access::Write),
    ("QA", "Quality", Access::Write),
    ("SEC", "Security", Access::Write),
    ("SHIP", "Shipping", Access::Write),
    ("STORE", "Online Store", Access::Write),
];

struct Builder {
    content: Content,
    at: DateTime<Utc>,
}

/// The spaces of the second site of Cloud.
const SECOND_SPACES: [(&str, &str, Access); 3] = [
    ("TRY", "Try it out", Access::Write),
    ("PART", "Partners", Access::Write),
    ("NEWS", "News", Access::Read),
];

/// The sample content of what is kept under this name. The same each time, ids
/// included.
pub(crate) fn content(kept_as: &str) -> Content {
    let second = kept_as == KEPT[1];
    let first_id = match kept_as {
        _ if second => 622_592,
        "data-center" => 1_572_864,
        _ => 98_304,
    };
    let start = Utc.with_ymd_and_hms(2026, 1, 12, 9, 0, 0);
    let mut b = Builder {
        content: Content {
            next_id: first_id,
            ..Content::default()
        },
        at: start.single().unwrap_or_default(),
    };
    let spaces: &[_] = if second { &SECOND_SPACES } else { &SPACES };
    for (key, name, access) in spaces {
        b.space(key, name, SpaceKind::Global, *access, &OTHER);
    }
    for person in MEMBERS {
        let key = match kept_as {
            "data-center" => format!("~{}", person.username),
            _ => personal_key(person),
        };
        let access = if person == &OWN {
            Access::Write
        } else {
            Access::Read
        };
        b.space(&key, person.name, SpaceKind::Personal, access, person);
    }
    if !second {
        b.payments();
        b.others();
    }
    b.content.touched.clear();
    b.content
}

/// `~` and the account id without its punctuation.
fn personal_key(person: &Person) -> String {
    let letters = person
        .account_id
        .chars()
        .filter(char::is_ascii_alphanumeric);
    std::iter::once('~').chain(letters).collect()
}

impl Builder {
    fn now(&mut self) -> DateTime<Utc> {
        self.at += Duration::minutes(37);
        self.at
    }

    fn space(&mut self, key: &str, name: &str, kind: SpaceKind, access: Access, author: &Person) {
        let id = self.content.new_id();
        let created = self.now();
        let title = match kind {
            SpaceKind::Global => name.to_owned(),
            SpaceKind::Personal => format!("{name}'s home"),
        };
        let homepage = self.page(
            id,
            None,
            &title,
            "<p>Welcome. This space belongs to the sandbox: write what you like.</p>\
             <ac:structured-macro ac:name=\"children\" />",
            author,
        );
        self.content.spaces.insert(
            id,
            Space {
                id,
                key: key.to_owned(),
                name: name.to_owned(),
                kind,
                archived: false,
                access,
                homepage,
                author: author.account_id.to_owned(),
                created,
            },
        );
    }

    fn page(
        &mut self,
        space: Id,
        parent: Option<Id>,
        title: &str,
        body: &str,
        author: &Person,
    ) -> Id {
        let id = self.content.new_id();
        let at = self.now();
        let mut number = 0;
        let mut macro_id = || {
            number += 1;
            uuid::Uuid::from_u64_pair(id, number).to_string()
        };
        // The texts below are well-formed; a test looks at each.
        let body = storage_format::rewrite(body, &mut macro_id).unwrap_or_default();
        let page = Page {
            id,
            space,
            parent,
            position: i64::try_from(id).unwrap_or_default(),
            status: Status::Current,
            restricted: false,
            author: author.account_id.to_owned(),
            created: at,
            versions: vec![Version {
                number: 1,
                at,
                by: author.account_id.to_owned(),
                message: String::new(),
                minor: false,
                title: title.to_owned(),
                body,
            }],
            labels: Vec::new(),
            properties: std::collections::BTreeMap::new(),
            changed: None,
            before: None,
        };
        self.content.pages.insert(id, page);
        id
    }

    fn home(&self, key: &str) -> (Id, Id) {
        self.content
            .spaces
            .values()
            .find(|space| space.key == key)
            .map_or((0, 0), |space| (space.id, space.homepage))
    }

    fn payments(&mut self) {
        let (space, home) = self.home("PAY");
        let retros = self.page(
            space,
            Some(home),
            "Retrospectives",
            "<p>Every second Friday. The newest is on top of its quarter.</p>\
             <ac:structured-macro ac:name=\"children\"><ac:parameter ac:name=\"depth\">2</ac:parameter>\
             </ac:structured-macro>",
            &OTHER,
        );
        let quarters = [
            (
                "2025 Q4",
                ["2025-11-14 - Retrospective", "2025-12-12 - Retrospective"],
            ),
            (
                "2026 Q1",
                ["2026-01-16 - Retrospective", "2026-02-13 - Retrospective"],
            ),
        ];
        for (quarter, meetings) in quarters {
            let body = format!("<p>Retrospectives of {quarter}.</p>");
            let quarter = self.page(space, Some(retros), quarter, &body, &OTHER);
            for meeting in meetings {
                self.page(space, Some(quarter), meeting, RETROSPECTIVE, &OTHER);
            }
        }
        let checks = self.page(
            space,
            Some(home),
            "Health Checks",
            "<p>Once a quarter, with the whole team.</p>",
            &OTHER,
        );
        self.page(
            space,
            Some(checks),
            "2026 Q1 - Health Check",
            HEALTH_CHECK,
            &OTHER,
        );
        self.page(
            space,
            Some(home),
            "Working agreements",
            "<ul><li>Cameras are optional.</li><li>Reviews within one working day.</li>\
             <li>Whoever breaks the build says so.</li></ul>",
            &OWN,
        );
        let runbooks = self.page(
            space,
            Some(home),
            "Runbooks",
            "<ac:structured-macro ac:name=\"info\"><ac:rich-text-body><p>Keep them short enough to \
             read at three in the morning.</p></ac:rich-text-body></ac:structured-macro>",
            &OTHER,
        );
        self.page(
            space,
            Some(runbooks),
            "Card provider is down",
            "<ol><li>Look at the provider's status page.</li><li>Switch to the second provider.</li>\
             <li>Tell Customer Care.</li></ol>",
            &OTHER,
        );
        // It keeps its title although it is out of sight.
        let archived = self.page(
            space,
            Some(home),
            "Team health 2025",
            "<p>Replaced by the health checks.</p>",
            &OTHER,
        );
        if let Some(page) = self.content.pages.get_mut(&archived) {
            page.status = Status::Archived;
        }
        let salary = self.page(
            space,
            Some(home),
            "Salary review",
            "<p>For two pairs of eyes only.</p>",
            &OTHER,
        );
        if let Some(page) = self.content.pages.get_mut(&salary) {
            page.restricted = true;
        }
    }

    fn others(&mut self) {
        let (space, home) = self.home("CHK");
        self.page(
            space,
            Some(home),
            "Retrospectives",
            "<p>What we learned.</p>",
            &OTHER,
        );
        self.page(
            space,
            Some(home),
            "Roadmap",
            "<p>See the board.</p>",
            &OTHER,
        );
        let (space, home) = self.home("AGILE");
        self.page(
            space,
            Some(home),
            "Retrospective formats",
            "<h2>Start, stop, continue</h2><p>Three columns, ten minutes each.</p>\
             <h2>4Ls</h2><p>Liked, learned, lacked, longed for.</p>",
            &OWN,
        );
        let (space, home) = self.home("HAND");
        self.page(
            space,
            Some(home),
            "Holidays",
            "<p>Ask early, enjoy them.</p>",
            &OTHER,
        );
        let (space, home) = self.home("BOARD");
        self.page(space, Some(home), "Minutes", "<p>Confidential.</p>", &OTHER);
    }
}

const RETROSPECTIVE: &str = "\
<h2>Went well</h2><ul><li>The release went out on time.</li><li>Pairing on the refund flow.</li></ul>\
<h2>To improve</h2><ul><li>Too many meetings on Tuesday.</li></ul>\
<h2>Actions</h2><ac:task-list><ac:task><ac:task-id>1</ac:task-id>\
<ac:task-status>complete</ac:task-status><ac:task-body>Move the planning to Wednesday \
<time datetime=\"2026-03-02\" /></ac:task-body></ac:task><ac:task><ac:task-id>2</ac:task-id>\
<ac:task-status>incomplete</ac:task-status><ac:task-body>Write down how refunds are tested\
</ac:task-body></ac:task></ac:task-list>";

const HEALTH_CHECK: &str = "\
<table><tbody><tr><th>Dimension</th><th>Average</th><th>Trend</th></tr>\
<tr><td>Easy to release</td><td data-highlight-colour=\"#e3fcef\">4.2</td><td>better</td></tr>\
<tr><td>Fun</td><td data-highlight-colour=\"#fffae6\">3.4</td><td>the same</td></tr>\
<tr><td>Code quality</td><td data-highlight-colour=\"#ffebe6\">2.6</td><td>worse</td></tr>\
</tbody></table><p>Overall: <ac:structured-macro ac:name=\"status\">\
<ac:parameter ac:name=\"colour\">Green</ac:parameter><ac:parameter ac:name=\"title\">GOOD</ac:parameter>\
</ac:structured-macro></p>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_the_same_each_time_and_every_page_has_a_body() {
        for kept_as in KEPT {
            let first = content(kept_as);
            assert_eq!(format!("{first:?}"), format!("{:?}", content(kept_as)));
            assert!(first.pages.values().all(|page| !page.body().is_empty()));
            let visible = first.spaces.values().filter(|s| s.access != Access::Hidden);
            assert!(
                kept_as == KEPT[1] || visible.count() > 25,
                "paging needs more than one page of spaces"
            );
        }
    }
}
