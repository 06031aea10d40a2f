//! `cargo xtask run`: from a clone to an open window.

use crate::program::{cargo, program, show};
use crate::{Answer, desktop, needs, place, window};

pub fn run(mut arguments: Vec<String>) -> Answer {
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    let display = desktop::display();
    needs::for_run(display)?;
    window::build()?;
    show(cargo().args(["build", "--package", "retropress"]))?;
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
