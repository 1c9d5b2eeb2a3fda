//! Constants.

/// Tuning.
#[derive(Debug, Clone)]
pub(super) struct Tuning {
    pub(super) v: std::collections::HashMap<String, f64>,
    pub(super) min_part: f64,
    pub(super) fair: f64,
    pub(super) dense_ratio: f64,
    pub(super) dense_cap: f64,
    pub(super) open_cuts: usize,
    pub(super) cluster_pages: f64,
    pub(super) known_share: f64,
    pub(super) piece: f64,
    pub(super) prior: f64,
    pub(super) prior_min: f64,
    pub(super) prior_cap: f64,
    pub(super) prior_boot: f64,
}

impl Tuning {
    pub(super) fn get(&self, name: &str, default: f64) -> f64 {
        self.v.get(name).copied().unwrap_or(default)
    }
}

impl Default for Tuning {
    fn default() -> Self {
        let v: std::collections::HashMap<String, f64> =
            std::env::var("TUNE").unwrap_or_default().split(',').filter_map(|p| p.split_once('=')).filter_map(|(k, v)| Some((k.to_owned(), v.parse().ok()?))).collect();
        let g = |n: &str, d: f64| v.get(n).copied().unwrap_or(d);
        Self {
            min_part: g("min", 4.0),
            fair: g("fair", 0.5),
            dense_ratio: g("gxr", 16.0),
            dense_cap: g("gcap", 4.0),
            open_cuts: g("openk", 3.0) as usize,
            cluster_pages: g("clus", 4.0),
            known_share: g("known", 0.5),
            piece: g("kdiv", 5.0),
            prior: g("pw", 0.35),
            prior_min: g("pmin", 0.3),
            prior_cap: g("pcap", 8.0),
            prior_boot: g("pboot", 0.2),
            v,
        }
    }
}
