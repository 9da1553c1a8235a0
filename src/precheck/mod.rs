//! Planned changes, judged before anybody applies them and looked for afterwards.
//!
//! One reader a format makes typed edits; they are applied to a copy of the tenant, which is judged
//! again. No I/O, no clock; what a change does not tell is named and not guessed.

mod apply;
mod arm;
mod azure;
mod delta;
mod detect;
mod easypim;
mod edit;
mod graph_body;
mod harm;
mod names;
mod object;
mod rule;
mod settings;
mod stated;
mod terraform;
mod text;
mod verify;
mod worse;

pub use apply::{Applied, Note, NoteKind, apply};
pub use delta::{
    Alone, Answer, Direction, Harm, Judged, MOST_ALONE, Shift, Side, Touched, precheck,
};
pub use detect::read;
pub use edit::{
    AccessName, Asking, Change, DefinitionChange, Edit, End, Fault, GrantChange, Held, Lasting,
    Over, Place, PolicyOf, RuleChange, Stated,
};
pub use settings::Stance;
pub use stated::{AsStated, Comparison};
pub use text::LARGEST;
pub use verify::{Arrival, Checked, Part, named_ids, verify};
