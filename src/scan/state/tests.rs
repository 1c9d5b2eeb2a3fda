use futures::future::BoxFuture;

use super::*;
use crate::filter::{FilterSpec, Filters};
use crate::manifest::{Format, RowEncoder};
use crate::object::Timestamp;
use crate::scan::count::Rows;
use crate::scan::pace::PaceOptions;
use crate::scan::planner::PlannerConfig;
use crate::store::{Gate, Origin, PageRequest, Quirks, StoreError};
use crate::tally;

#[derive(Debug, Default)]
struct Nothing(Quirks);

impl Store for Nothing {
    fn origin(&self) -> Origin {
        Origin::default()
    }

    fn quirks(&self) -> &Quirks {
        &self.0
    }

    fn is_sound(&self) -> bool {
        true
    }

    fn list_through<'a>(
        &'a self,
        _gate: &'a dyn Gate,
        _request: &'a PageRequest,
        _page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

/// A page with one key of this length.
fn page(length: usize, more: bool) -> Page {
    let mut page = Page::default();
    page.body = vec![b'k'; length];
    let (key, none) = (page.in_body(0, length).unwrap(), page.in_body(0, 0).unwrap());
    page.push(key, 1, Timestamp(0), none, none);
    page.set_end(more, None);
    page
}

#[test]
fn no_checkpoint_has_a_page_whose_rows_could_not_be_written() {
    for (more, failed) in [(true, false), (false, false), (true, true)] {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("segments");
        let empty = Tally::new(tally::Options::new(Timestamp(0)));
        let (wanted, mut requests) = tokio::sync::mpsc::unbounded_channel();
        let encoder = RowEncoder::new(Format::Csv, "b");
        let state = State::new(Begin {
            store: Arc::new(Nothing::default()),
            prefix: Vec::new(),
            pace: Pace::new(PaceOptions::default()),
            counting: Counting::new(
                Filters::new(&FilterSpec::default(), Timestamp(0)).unwrap(),
                Some(Rows { encoder, directory: directory.clone() }),
                Arc::default(),
                0,
                empty.clone(),
            ),
            wanted,
            planner: Planner::new(PlannerConfig {
                page_limit: 1000,
                prefix: Vec::new(),
                order: crate::object::KeyOrder::Bytes,
                delimiter: None,
            }),
            open: Vec::new(),
            done: Vec::new(),
            tally: empty,
            dropped: Dropped::default(),
            seams: Seams::default(),
            record: false,
            lock: None,
        })
        .unwrap();
        state.plan();
        let Request::List { id, range, .. } = requests.try_recv().unwrap().request else {
            panic!("nothing but a list can be asked for first");
        };
        if failed {
            // Rows wait in memory until the range is given up.
            std::fs::create_dir(&directory).unwrap();
            state.commit(id, range, None, &page(3, true), &Next::default()).unwrap();
            std::fs::remove_dir(&directory).unwrap();
            let next = requests.try_recv().unwrap().request.id();
            state.fail(next, range, "refused".into()).unwrap_err();
        } else {
            let big = page(20_000, more);
            state.commit(id, range, None, &big, &Next::default()).unwrap_err();
        }
        std::fs::create_dir(&directory).unwrap();
        let error = state.snapshot().err().unwrap().to_string();
        assert!(error.contains("segment-00000000.rows"), "{error}");
    }
}
