//! Notices when a listing is led back to where it has been.

use crate::store::Marker;

/// What is said then.
pub(super) const CIRCLE: &str = "the listing runs in a circle: a marker came back";

/// Notices when markers come round, in constant memory: one is kept, a newer one each time that the walk
/// has become twice as long (Brent's algorithm).
#[derive(Debug, Default)]
pub(super) struct Circle {
    kept: Option<Marker>,
    steps: u64,
}

impl Circle {
    /// Whether `next` came before; it is taken in.
    pub(super) fn closes(&mut self, next: &Marker) -> bool {
        if self.kept.as_ref() == Some(next) {
            return true;
        }
        self.steps += 1;
        if self.steps.is_power_of_two() {
            self.kept = Some(next.clone());
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_any_length_is_noticed() {
        for length in 1..40_u32 {
            let mut circle = Circle::default();
            let mut markers = (0..7).chain((0..).map(|step| 7 + step % length));
            let step = |number: u32| Marker { key: number.to_string().into(), id: None };
            let closed = (0..400).position(|_| circle.closes(&step(markers.next().unwrap())));
            assert!(closed.is_some_and(|at| at >= length as usize), "{length}");
        }
        let mut circle = Circle::default();
        assert!(
            !(0..999_u32).any(|number| {
                circle.closes(&Marker { key: number.to_string().into(), id: None })
            })
        );
    }
}
