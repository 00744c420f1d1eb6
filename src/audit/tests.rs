use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn change(number: usize) -> Event {
    let name = Some(Name::new(&number.to_string()));
    Event::Changed { subject: Subject::User, act: Act::Added, name, detail: None }
}

fn told(audit: &Audit, count: usize) {
    (0..count).for_each(|number| audit.record(&Origin::here(), change(number)));
}

fn numbers(recent: &Recent) -> Vec<u64> {
    recent.entries.iter().map(|entry| entry.sequence.number()).collect()
}

#[test]
fn a_reader_gets_each_entry_once_in_order_and_is_told_what_it_missed() {
    let audit = Audit::new();
    audit.hold(100);
    told(&audit, 70);
    let first = audit.recent(Sequence::START);
    assert_eq!((numbers(&first), first.missed), ((1..=70).collect(), 0));
    told(&audit, 10);
    let second = audit.recent(first.last);
    assert_eq!((numbers(&second), second.missed), ((71..=80).collect(), 0));
    assert!(audit.recent(second.last).entries.is_empty());
    told(&audit, 250);
    let third = audit.recent(second.last);
    assert_eq!((numbers(&third), third.missed), ((231..=330).collect(), 150));
    // From the beginning again, and from a number that is yet to come.
    assert_eq!(
        (audit.recent(Sequence::START).missed, audit.recent(Sequence::START).entries.len()),
        (230, 100)
    );
    let ahead = audit.recent(Sequence::new(1000));
    assert_eq!((ahead.entries.len(), ahead.missed, ahead.last), (0, 0, Sequence::new(1000)));
}

#[test]
fn a_ring_that_becomes_smaller_keeps_the_last_ones_and_one_of_nothing_counts_only() {
    let audit = Audit::new();
    told(&audit, 50);
    audit.hold(10);
    let recent = audit.recent(Sequence::START);
    assert_eq!((numbers(&recent), recent.missed), ((41..=50).collect(), 40));
    audit.hold(0);
    told(&audit, 5);
    let recent = audit.recent(recent.last);
    assert_eq!((recent.entries.len(), recent.missed, recent.last.number()), (0, 5, 55));
    assert_eq!(audit.counts().of(Kind::Changed), 55);
    audit.hold(10);
    told(&audit, 1);
    assert_eq!(numbers(&audit.recent(recent.last)), [56]);
}

#[test]
fn of_a_flood_each_event_is_told_or_counted_and_the_rest_is_told_at_the_end() {
    let audit = Audit::new();
    let trail = Trail::new(&audit, Origin::connection(7, None));
    audit.show_keys(8);
    for number in 0..5_000_u32 {
        trail.refused(
            "ada",
            "read-only",
            Term::new("write"),
            Term::new("Forbidden"),
            Some(&number.to_be_bytes()),
        );
    }
    audit.settle();
    let recent = audit.recent(Sequence::START);
    let (mut told, mut folded) = (0, 0);
    for entry in &recent.entries {
        match &entry.event {
            Event::Refused { .. } => told += 1,
            Event::Folded { of: Kind::Refused, count } => {
                assert_eq!(entry.origin.number(), Some(7));
                folded += count;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(recent.entries.len() < 50, "{}", recent.entries.len());
    assert_eq!(told + folded, 5_000);
    let counts = audit.counts();
    assert_eq!((counts.of(Kind::Refused), counts.folded), (5_000, folded));
}

#[test]
fn keys_are_shown_only_where_they_were_asked_for() {
    let audit = Audit::new();
    let trail = Trail::new(&audit, Origin::here());
    let refuse = || {
        trail.refused("ada", "read-only", Term::new("read"), Term::new("Forbidden"), Some(b"patient:4711\n"))
    };
    refuse();
    audit.show_keys(8);
    refuse();
    let shown: Vec<_> = audit
        .recent(Sequence::START)
        .entries
        .into_iter()
        .map(|entry| match entry.event {
            Event::Refused { key, .. } => key.map(|key| (key.to_string(), key.len())),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(shown, [None, Some(("patient:".to_owned(), 13))]);
}

/// One of each kind, with every field that it can have.
fn one_of_each() -> Vec<Entry> {
    let (term, name) = (Term::new("x"), || Some(Name::new("x")));
    let (claimed, key) = (Some(Claimed::new(&"x".repeat(99))), Some(KeyPrefix::of(&[b'x'; 99], 9)));
    let (user, id, addresses) = (Name::new("x"), FailureId::next(), Box::from([]));
    let events = [
        Event::LoggedIn { mechanism: term, user: user.clone(), credential: name(), provenance: term },
        Event::LoginFailed { id, mechanism: Some(term), claimed: claimed.clone(), reason: term },
        Event::LoginPutOff { id, mechanism: term, claimed: claimed.clone(), reason: term },
        Event::Refused { user: user.clone(), verb: term, reason: term, key: key.clone() },
        Event::Revoked { what: term, name: name(), credential: name() },
        Event::Changed { subject: Subject::User, act: Act::Added, name: name(), detail: name() },
        Event::Administered { user: name(), act: term, name: name() },
        Event::AdministrationFailed { user: name(), act: term, claimed, reason: term },
        Event::ServerStarted { addresses },
        Event::ServerStopped { addresses: Box::from([]) },
        Event::Sampled { user, verb: term, key },
        Event::Folded { of: Kind::Refused, count: 1 },
        Event::Dropped { count: 1 },
    ];
    let origin = Origin::connection(1, Some(Peer::Address(([127, 0, 0, 1], 7).into())));
    let at = SystemTime::now();
    events
        .into_iter()
        .map(|event| Entry { sequence: Sequence::new(1), at, origin: origin.clone(), event })
        .collect()
}

/// Fields that any entry may have; the guide describes them once.
const OF_ALL: [&str; 5] = ["seq", "time", "event", "connection", "peer"];

#[test]
fn the_guide_names_each_event_with_exactly_its_fields() {
    let guide = include_str!("../../docs/audit.md");
    // Rows such as: | `login` | what it means | `mechanism`, `user` |
    let in_ticks =
        |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = guide.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix('|')?.split('|').collect();
        let [event, _, fields, _] = cells.as_slice() else { return None };
        Some((in_ticks(event).pop_first()?, in_ticks(fields)))
    });
    let described: BTreeMap<_, _> = rows.collect();
    let mut written = BTreeMap::new();
    for entry in one_of_each() {
        let mut fields = Vec::new();
        entry.fields(|field, _| fields.push(field));
        let own = fields.iter().filter(|field| !OF_ALL.contains(field)).map(|field| (*field).to_owned());
        written.insert(entry.event.kind().name().to_owned(), own.collect::<BTreeSet<_>>());
    }
    assert_eq!(written.len(), Kind::ALL.len(), "one of each");
    assert_eq!(described, written);
    let all: BTreeSet<_> = written.into_values().flatten().chain(OF_ALL.map(str::to_owned)).collect();
    // Each field has a row of its own: | `field` | meaning |
    let explained: BTreeSet<_> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"))
        .filter(|row| row.matches(" | ").count() == 1)
        .filter_map(|row| row.split('`').next().map(str::to_owned))
        .collect();
    assert_eq!(explained, all);
}

#[test]
fn kinds_and_their_names_are_each_one() {
    let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
    for (at, kind) in Kind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, at, "counted by its number");
    }
}
