//! Histories: whatever an author, a network, a server and a power switch may do, in any order, against
//! a model of Confluence. `RETROPRESS_HISTORIES` sets how many; 2,000 by default.

mod client;
mod server;

use std::{cell::Cell, env};

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, FileFailurePersistence, TestRunner},
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use self::{
    client::Client,
    server::{By, Fault},
};
use retropress_confluence::PageStatus;

const DRAFTS: usize = 4;
const TITLES: [&str; DRAFTS] = ["Sprint 40", "Sprint 41", "Sprint 42", "sprint 40"];

/// What a build with a mistake would do; each must be caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saboteur {
    ResendsBlindly,
    IsImpatient,
    SkipsTheMarker,
    OverwritesUnasked,
    CallsUnknownFailed,
    CountsOffline,
    IgnoresRetryAfter,
    ForgetsTheIntent,
    ForgetsTheOutcome,
    RendersAgain,
    SendsAfterCancel,
    ForgetsTheCancelled,
    ManyWriters,
    PublishesTooEarly,
    TrustsABackup,
    KeepsTheReplaced,
}

const SABOTEURS: [Saboteur; 16] = [
    Saboteur::ResendsBlindly,
    Saboteur::IsImpatient,
    Saboteur::SkipsTheMarker,
    Saboteur::OverwritesUnasked,
    Saboteur::CallsUnknownFailed,
    Saboteur::CountsOffline,
    Saboteur::IgnoresRetryAfter,
    Saboteur::ForgetsTheIntent,
    Saboteur::ForgetsTheOutcome,
    Saboteur::RendersAgain,
    Saboteur::SendsAfterCancel,
    Saboteur::ForgetsTheCancelled,
    Saboteur::ManyWriters,
    Saboteur::PublishesTooEarly,
    Saboteur::TrustsABackup,
    Saboteur::KeepsTheReplaced,
];

thread_local! {
    static SABOTEUR: Cell<Option<Saboteur>> = const { Cell::new(None) };
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happens {
    Edit(usize),
    Publish(usize),
    Delete(usize),
    Cancel(usize),
    Retry(usize),
    Overwrite(usize),
    /// Under another title, or as a page of its own.
    Resolve(usize, bool),
    Pause(bool),
    Tick(i64),
    /// The process dies before so many more effects.
    Kill(u32),
    Start,
    BackUp,
    Restore,
    ClockJump(i64),
    WakeUp,
    Fault(Fault),
    Online(bool),
    SignedIn(bool),
    Lag(i64),
    ForeignEdit(usize, bool),
    ForeignRename(usize),
    ForeignPage(usize),
    ForeignFile(usize),
    ForeignDelete(usize),
    ForeignParentDelete,
}

/// The author's side: which drafts there are and how their texts go on.
#[derive(Debug, Clone)]
struct Author {
    texts: [u32; DRAFTS],
    seed: u64,
}

struct Histories;

impl ReferenceStateMachine for Histories {
    type State = Author;
    type Transition = Happens;

    fn init_state() -> BoxedStrategy<Author> {
        any::<u64>()
            .prop_map(|seed| Author {
                texts: [1; DRAFTS],
                seed,
            })
            .boxed()
    }

    fn transitions(_: &Author) -> BoxedStrategy<Happens> {
        let fault = prop_oneof![
            2 => Just(Fault::Refused),
            4 => Just(Fault::AnswerLost),
            3 => Just(Fault::RequestLost),
            4 => (1u16..9_000).prop_map(Fault::Late),
            3 => (1u16..120).prop_map(Fault::Limited),
            2 => prop::option::of(1u16..60).prop_map(Fault::Unavailable),
            1 => Just(Fault::SignInRefused),
            1 => Just(Fault::Forbidden),
            1 => Just(Fault::BadRequest),
            1 => Just(Fault::TooLarge),
        ];
        let draft = 0..DRAFTS;
        prop_oneof![
            3 => draft.clone().prop_map(Happens::Edit),
            8 => draft.clone().prop_map(Happens::Publish),
            2 => draft.clone().prop_map(Happens::Delete),
            2 => draft.clone().prop_map(Happens::Cancel),
            2 => draft.clone().prop_map(Happens::Retry),
            2 => draft.clone().prop_map(Happens::Overwrite),
            2 => (draft.clone(), any::<bool>()).prop_map(|(it, new)| Happens::Resolve(it, new)),
            1 => any::<bool>().prop_map(Happens::Pause),
            8 => prop_oneof![0i64..500, 500i64..20_000, 20_000i64..400_000].prop_map(Happens::Tick),
            4 => (0u32..24).prop_map(Happens::Kill),
            4 => Just(Happens::Start),
            2 => Just(Happens::BackUp),
            1 => Just(Happens::Restore),
            1 => prop_oneof![-90_000_000i64..-1, 1i64..90_000_000].prop_map(Happens::ClockJump),
            1 => Just(Happens::WakeUp),
            9 => fault.prop_map(Happens::Fault),
            2 => any::<bool>().prop_map(Happens::Online),
            1 => any::<bool>().prop_map(Happens::SignedIn),
            2 => (0i64..9_000).prop_map(Happens::Lag),
            2 => (draft.clone(), any::<bool>()).prop_map(|(it, keeps)| Happens::ForeignEdit(it, keeps)),
            1 => draft.clone().prop_map(Happens::ForeignRename),
            1 => draft.clone().prop_map(Happens::ForeignPage),
            1 => draft.clone().prop_map(Happens::ForeignFile),
            1 => draft.prop_map(Happens::ForeignDelete),
            1 => Just(Happens::ForeignParentDelete),
        ]
        .boxed()
    }

    fn apply(mut author: Author, happens: &Happens) -> Author {
        if let Happens::Edit(draft) = happens {
            author.texts[*draft] += 1;
        }
        author
    }
}

impl StateMachineTest for Histories {
    type SystemUnderTest = Client;
    type Reference = Histories;

    fn init_test(author: &Author) -> Client {
        Client::new(SABOTEUR.get(), author.seed)
    }

    fn apply(mut client: Client, author: &Author, happens: Happens) -> Client {
        let newest = |client: &Client, draft: usize| {
            client
                .disk
                .operations
                .iter()
                .filter(|(_, it)| it.draft == draft && !it.state.phase.has_ended())
                .map(|it| it.0.clone())
                .next_back()
        };
        match happens {
            Happens::Edit(_) => {}
            Happens::Publish(draft) => {
                client.publish(draft, TITLES[draft], author.texts[draft]);
                client.tick(0);
            }
            Happens::Delete(draft) => {
                client.delete(draft);
                client.tick(0);
            }
            Happens::Cancel(draft) => {
                if let Some(id) = newest(&client, draft) {
                    client.cancel(&id);
                }
            }
            Happens::Retry(draft) => {
                if let Some(id) = newest(&client, draft) {
                    client.retry(&id);
                    client.tick(0);
                }
            }
            Happens::Overwrite(draft) => {
                if let Some(id) = newest(&client, draft) {
                    client.overwrite(&id);
                    client.tick(0);
                }
            }
            Happens::Resolve(draft, as_new_page) => {
                let title = format!("{} ({})", TITLES[draft], author.texts[draft]);
                client.resolve(draft, &title, author.texts[draft], as_new_page);
                client.tick(0);
            }
            Happens::Pause(paused) => client.pause(paused),
            Happens::Tick(time) => client.tick(time),
            Happens::Kill(effects) => client.kill_in = Some(effects),
            Happens::Start => {
                client.start();
                client.tick(0);
            }
            Happens::BackUp => client.back_up(),
            Happens::Restore => {
                client.restore();
                client.tick(0);
            }
            Happens::ClockJump(by) => client.clock_jump(by),
            Happens::WakeUp => client.wake_up(),
            Happens::Fault(fault) => client.server.faults.push_back(fault),
            Happens::Online(on) => client.server.online = on,
            Happens::SignedIn(on) => client.server.signed_in = on,
            Happens::Lag(lag) => client.server.lag = lag,
            Happens::ForeignEdit(draft, keeps_marker) => {
                let of = page_of(&client, draft);
                if let Some(page) = of.and_then(|it| client.server.pages.get_mut(&it)) {
                    page.version += 1;
                    page.message = "by hand".into();
                    page.by = By::Somebody;
                    if keeps_marker {
                        page.body += "<p>one more thing</p>";
                    } else {
                        page.body = "<p>something else</p>".into();
                    }
                }
            }
            Happens::ForeignRename(draft) => {
                let of = page_of(&client, draft);
                if let Some(page) = of.and_then(|it| client.server.pages.get_mut(&it)) {
                    page.version += 1;
                    page.message = "renamed by hand".into();
                    page.title += ", renamed";
                }
            }
            Happens::ForeignPage(draft) => {
                client
                    .server
                    .create(TITLES[draft], "<p>theirs</p>", None, By::Somebody);
            }
            Happens::ForeignFile(draft) => {
                let now = client.server.now;
                let of = page_of(&client, draft);
                if let Some(page) = of.and_then(|it| client.server.pages.get_mut(&it)) {
                    let name = format!("{}.pdf", TITLES[draft]);
                    if page.files.iter().all(|it| it.name != name) {
                        page.files.push(server::File {
                            id: format!("foreign{now}"),
                            name,
                            comment: "mine".into(),
                            hash: "theirs".into(),
                            changed_at: now,
                        });
                    }
                }
            }
            Happens::ForeignDelete(draft) => {
                let of = page_of(&client, draft);
                if let Some(page) = of.and_then(|it| client.server.pages.get_mut(&it)) {
                    page.status = PageStatus::Trashed;
                }
            }
            Happens::ForeignParentDelete => {
                let parent = client
                    .server
                    .pages
                    .values_mut()
                    .find(|it| it.title == client::PARENT);
                if let Some(page) = parent {
                    page.status = PageStatus::Trashed;
                }
            }
        }
        client
    }

    fn check_invariants(client: &Client, _: &Author) {
        if let Err(wrong) = client.check() {
            panic!("{wrong}");
        }
    }

    fn teardown(mut client: Client, _: Author) {
        if let Err(wrong) = client.settle() {
            panic!("{wrong}");
        }
    }
}

fn page_of(client: &Client, draft: usize) -> Option<String> {
    let mut pages = client
        .disk
        .operations
        .values()
        .filter(|it| it.draft == draft);
    pages
        .rfind(|it| it.state.found.page.is_some())
        .and_then(|it| it.state.found.page.as_ref())
        .map(|it| it.id.clone())
}

fn histories() -> u32 {
    env::var("RETROPRESS_HISTORIES")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(2_000)
}

fn runner(histories: u32) -> TestRunner {
    TestRunner::new(Config {
        cases: histories,
        max_shrink_iters: 4_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    })
}

const LENGTH: std::ops::Range<usize> = 1..60;

#[test]
fn whatever_happens_there_is_one_page_and_one_pdf() {
    let all = Histories::sequential_strategy(LENGTH);
    let outcome = runner(histories()).run(&all, |(author, happens, seen)| {
        Histories::test_sequential(Config::default(), author, happens, seen);
        Ok(())
    });
    if let Err(wrong) = outcome {
        panic!("{wrong}");
    }
}

/// A suite that lets a mistake pass proves nothing.
#[test]
fn every_saboteur_is_caught() {
    let all = Histories::sequential_strategy(LENGTH);
    for saboteur in SABOTEURS {
        let mut runner = runner(1);
        let caught = (0..4_000).any(|_| {
            let (author, happens, _) = all.new_tree(&mut runner).unwrap().current();
            SABOTEUR.set(Some(saboteur));
            let outcome = std::panic::catch_unwind(|| {
                Histories::test_sequential(Config::default(), author, happens, None);
            });
            SABOTEUR.set(None);
            outcome.is_err()
        });
        assert!(caught, "{saboteur:?} went unnoticed");
    }
}

/// A hundred summaries, and ten requests in ten seconds.
#[test]
fn a_hundred_summaries_keep_to_the_limit_and_lose_no_time() {
    let mut client = Client::new(None, 7);
    client.server.limit = Some(10);
    for number in 0..100 {
        // Drafts of odd numbers go below the home page: two requests each.
        client.publish(2 * number + 1, &format!("Sprint {number}"), 1);
    }
    let begun = client.server.now;
    let ended = |client: &Client| {
        let mut all = client.disk.operations.values();
        all.all(|it| it.state.phase == super::Phase::Done)
    };
    while !ended(&client) {
        client.tick(1_000);
        client.check().unwrap();
        assert!(client.server.now - begun < 3_600_000, "it takes for ever");
    }
    // 200 requests, 10 in each span of 10 s, the first at once.
    let dictated = 19 * 10_000;
    let took = client.server.now - begun;
    assert!(took <= dictated + dictated / 10, "{took} ms");
}
