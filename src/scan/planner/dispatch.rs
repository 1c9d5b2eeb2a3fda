//! Who gets the idle slots: waiting ranges first, then the largest remainders are split.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::api::Request;
use super::estimate::{self, Cut, Plan};
use super::machine::{Open, Planner};
use super::range::{Flow, Range};
use super::text;
use super::trace::{CutKind, TraceEvent};
use super::tuning;

/// A range that could be split.
struct Candidate {
    place: usize,
    mass: f64,
    /// Its structure is not known well.
    needy: bool,
    slots: usize,
}

/// A candidate's claim on the next slot.
struct Claim {
    share: f64,
    index: usize,
}

impl PartialEq for Claim {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Claim {}
impl PartialOrd for Claim {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Claim {
    fn cmp(&self, other: &Self) -> Ordering {
        self.share.total_cmp(&other.share).then(other.index.cmp(&self.index))
    }
}

impl Planner {
    /// The requests to send now. To be called at the start and after every event.
    ///
    /// `slots` is the concurrency allowed now; it may change between calls. After the call no more than that
    /// many requests are open, unless more were before it.
    pub fn next_requests(&mut self, slots: usize, out: &mut Vec<Request>) {
        self.ended.clear();
        self.send_waiting(slots, out);
        if self.in_flight() < slots {
            self.dispatch(slots, out);
            self.send_waiting(slots, out);
        }
        self.stats.peak_live = self.stats.peak_live.max(self.order.len());
    }

    /// Sends the pages that ranges wait for, leftmost first.
    fn send_waiting(&mut self, slots: usize, out: &mut Vec<Request>) {
        for i in 0..self.order.len() {
            if self.waiting == 0 || self.in_flight() >= slots {
                return;
            }
            let place = self.order[i];
            let Some(range) = self.arena.get_mut(place).and_then(Option::as_mut) else { continue };
            if range.flow != Flow::Waiting {
                continue;
            }
            range.flow = Flow::InFlight;
            self.waiting = self.waiting.saturating_sub(1);
            let (range_id, after) = (range.id, range.cursor.clone());
            let id = self.request_id();
            self.open.insert(id, Open::List(range_id));
            out.push(Request::List { id, range: range_id, after });
        }
    }

    fn plan_of(&mut self, place: usize) -> Option<Arc<Plan>> {
        let range = self.arena.get_mut(place)?.as_mut()?;
        if let Some(plan) = &range.plan {
            return Some(Arc::clone(plan));
        }
        let plan = Arc::new(estimate::plan(&mut self.lore, range));
        range.plan = Some(Arc::clone(&plan));
        Some(plan)
    }

    fn may_split(&self, range: &Range, relief: f64) -> bool {
        let backoff = self.lore.page
            * f64::from((1u32 << range.fails.min(8)) - 1)
            * tuning::BACKOFF
            * (relief * tuning::BACKOFF_RELIEF).min(1.0);
        range.flow != Flow::Failed
            && !range.fresh
            && range.keys > 0
            && range.probes == 0
            && range.splittable
            && range.ahead.is_none()
            && (range.keys - range.failed_at) as f64 >= backoff
    }

    /// Least keys that each part of a split should keep.
    ///
    /// Relative to the fair share of the estimated rest, so that it has no scale: when all estimates are too
    /// low, as in heavy-tailed trees, the price falls with them and no slot stays idle. Its floor rises with
    /// the length of the run (a tail of a few per cent is not worth a split) and falls where few ranges are left
    /// and slots are idle anyway.
    fn price(&self, total: f64, slots: usize) -> f64 {
        let (useful, concurrency) = (self.lore.useful, slots as f64);
        let occupied = self.order.len() as f64 / concurrency;
        let ease = (tuning::EASE * occupied).clamp(tuning::EASE_LEAST, 1.0);
        let floor = tuning::PART.max(tuning::TAIL * useful / concurrency) * ease;
        let floor = if self.ramping(slots) { floor.min(tuning::RAMP_PART) } else { floor };
        (floor * self.lore.page).max(tuning::FAIR * total / concurrency)
    }

    /// Early in the run, with most slots idle.
    fn ramping(&self, slots: usize) -> bool {
        self.lore.useful <= tuning::RAMP * slots as f64
            && (self.order.len() as f64) < 0.5 * slots as f64
    }

    /// Little has been seen: structure is asked for whatever the price.
    fn early(&self, slots: usize) -> bool {
        self.lore.useful <= slots as f64 * tuning::EARLY
    }

    /// Most slots have no range.
    fn mostly_idle(&self, slots: usize) -> bool {
        (self.order.len() as f64) < tuning::LADDER_IDLE * slots as f64
    }

    fn dispatch(&mut self, slots: usize, out: &mut Vec<Request>) {
        let useful = self.lore.useful;
        self.lore.eager = self.early(slots) || self.mostly_idle(slots);
        // each page tells about a few others: 2, 4, 16, 64 requests in the first rounds, the second careful
        // so that a store of two pages costs three requests at most
        let speculative = f64::from(self.speculative);
        let trust = if useful < 2.0 {
            1.0 - speculative
        } else {
            tuning::TRUST * useful - self.wasted - 0.3 * speculative
        };
        let mut idle = slots.saturating_sub(self.in_flight()).min(trust.max(0.0) as usize);
        if idle == 0 {
            return;
        }
        let relief = self.order.len() as f64 / slots as f64;
        let cap = self.lore.cap();
        let mut total = 0.0;
        let mut candidates: Vec<Candidate> = Vec::new();
        for i in 0..self.order.len() {
            let place = self.order[i];
            let Some(range) = self.arena.get(place).and_then(Option::as_ref) else { continue };
            if range.fresh || range.keys == 0 || range.flow == Flow::Failed {
                continue;
            }
            let may = self.may_split(range, relief);
            let cached = range.plan.as_ref().map(|plan| (plan.mass, plan.need.is_some()));
            let Some((mass, needy)) =
                cached.or_else(|| self.plan_of(place).map(|plan| (plan.mass, plan.need.is_some())))
            else {
                continue;
            };
            total += mass.min(cap);
            if may {
                candidates.push(Candidate { place, mass, needy, slots: 0 });
            }
        }
        let price = self.price(total, slots);
        candidates.retain(|c| c.mass >= price || c.needy);
        candidates.sort_by(|a, b| b.mass.total_cmp(&a.mass));
        let mut claims: BinaryHeap<Claim> = candidates
            .iter()
            .enumerate()
            .map(|(index, c)| Claim { share: c.mass, index })
            .collect();
        for _ in 0..idle {
            let Some(mut best) = claims.peek_mut() else { break };
            let candidate = &mut candidates[best.index];
            if best.share < price && candidate.slots > 0 {
                break;
            }
            candidate.slots += 1;
            best.share = candidate.mass / (candidate.slots as f64 + 1.0);
        }
        for candidate in &candidates {
            if candidate.slots == 0 || idle == 0 {
                continue;
            }
            let used = self.serve(candidate, price, slots, out);
            idle = idle.saturating_sub(used);
        }
    }

    /// Probes or splits one candidate; the number of slots used.
    fn serve(
        &mut self,
        candidate: &Candidate,
        price: f64,
        slots: usize,
        out: &mut Vec<Request>,
    ) -> usize {
        let place = candidate.place;
        let mut count = candidate.slots;
        let Some(plan) = self.plan_of(place) else { return 0 };
        let page = self.lore.page;
        let mut used = 0;
        if let Some(directory) = &plan.need
            && plan.listed < tuning::LISTED_SHARE * plan.mass
        {
            if plan.mass >= price || self.early(slots) {
                used += usize::from(self.probe(place, directory, out));
                count -= 1;
                if self.lore.useful >= 2.0 && self.mostly_idle(slots) {
                    let asked = self.probe_above(place, count, out);
                    used += asked;
                    count -= asked;
                }
            }
            if plan.known < price || count == 0 || self.lore.useful < 4.0 {
                return used;
            }
        }
        let occupied = self.order.len() as f64 / slots as f64;
        let piece =
            tuning::PIECE * page * (tuning::EASE * occupied).clamp(tuning::PIECE_LEAST, 1.0);
        let piece = if self.ramping(slots) { piece.min(tuning::RAMP_PART * page) } else { piece };
        let most = (plan.known / price.max(piece)) as usize;
        let count = count.min(most.max(1));
        let Some(range) = self.arena.get(place).and_then(Option::as_ref) else { return used };
        let cuts = estimate::cuts(&mut self.lore, range, &plan, count);
        if cuts.is_empty() {
            if used == 0
                && let Some(directory) = &plan.need
                && self.probe(place, directory, out)
            {
                return 1;
            }
            if let Some(range) = self.at(place) {
                range.fails += 1;
                range.failed_at = range.keys;
            }
            return used;
        }
        used += cuts.len();
        self.split(place, &plan, price, slots, cuts);
        used
    }

    /// Committed now: from here on the range stops at the first cut, whatever page of it is under way.
    fn split(&mut self, place: usize, plan: &Plan, price: f64, slots: usize, cuts: Vec<Cut>) {
        let Some(at) = self.order.iter().position(|p| *p == place) else { return };
        let parts = cuts.len() as f64 + 1.0;
        let trusted = cuts.iter().all(|cut| matches!(cut.kind, CutKind::Child | CutKind::Linear))
            && self.lore.useful >= tuning::PRIOR_FROM * slots as f64
            && plan.mass < 0.5 * self.lore.cap();
        let predicted = trusted.then_some(plan.mass / parts);
        let bounds: Vec<Arc<[u8]>> = cuts.iter().map(|cut| Arc::from(&*cut.key)).collect();
        let Some(victim) = self.at(place) else { return };
        let victim_id = victim.id;
        let (upper, next_known) = (victim.upper.take(), victim.next_known.clone());
        let landing = victim.landing.take();
        victim.upper = bounds.first().cloned();
        // parts behind a cut inside the victim's directory go on with it
        let (inside, walked) = (victim.dir_first.clone(), victim.dir_before + victim.dir_keys);
        victim.predicted = predicted;
        victim.predicted_at = victim.keys;
        victim.splittable = false;
        victim.plan = None;
        let (delimiter, floor) = (self.lore.delimiter, self.lore.prefix.len());
        let own_end = delimiter.map(|delimiter| text::directory_end(&inside, delimiter, floor));
        let delimiter = delimiter.unwrap_or_default();
        let mut made = Vec::with_capacity(cuts.len());
        for (i, (lower, cut)) in bounds.iter().zip(&cuts).enumerate() {
            let end = bounds.get(i + 1).cloned().or_else(|| upper.clone());
            let part = self.add(Some(Arc::clone(lower)), end, next_known.clone());
            if let Some(range) = self.at(part) {
                range.from_cut = Some(cut.kind);
                range.predicted = predicted;
                if let Some(end) = own_end
                    && lower.starts_with(&inside[..end])
                    && !lower[end..].contains(&delimiter)
                {
                    range.dir_before = walked;
                }
                if i + 1 == bounds.len() {
                    range.landing.clone_from(&landing);
                }
            }
            self.order.insert(at + 1 + i, part);
            made.push(part);
            self.speculative += 1;
            self.stats.splits += 1;
        }
        if self.tracer.is_some() {
            let ids: Vec<_> =
                made.iter().filter_map(|p| self.arena.get(*p)?.as_ref()).map(|r| r.id).collect();
            let parts =
                ids.into_iter().zip(cuts).map(|(id, cut)| (id, cut.key, cut.kind)).collect();
            self.trace(|| TraceEvent::Split {
                range: victim_id,
                estimate: plan.mass,
                price,
                parts,
            });
        }
    }
}
