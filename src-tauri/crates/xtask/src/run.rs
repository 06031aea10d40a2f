//! `cargo xtask run`: from a clone to an open window.

use crate::program::{cargo, program, show};
use crate::progress::{self, Steps};
use crate::{Answer, desktop, needs, place, window};

pub fn run(mut arguments: Vec<String>) -> Answer {
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    let display = desktop::display();
    let mut steps = Steps::new(4);
    steps.begin("checking what this computer needs");
    needs::for_run(display)?;
    steps.begin("building the screens");
    window::build()?;
    steps.begin("building the app");
    progress::build(cargo().args(["build", "--package", "retropress"]))?;
    steps.begin("opening the window");
    let mut app = program(place::app());
    app.args(arguments);
    if display {
        return show(&mut app);
    }
    let home = place::target().join("desktop");
    println!(
        "There is no display here: the app opens on a virtual one, with a keyring of its own in {}.",
        home.display()
    );
    show(&mut desktop::around(&app, &home)?)
}
