"""The hub under a clock and a world that we control: the demo's day, traffic from a seed, simulated banks and agents."""

from fondaco.simulation.bank import SmallBank, serve
from fondaco.simulation.cluster import NoCluster, play_on_cluster
from fondaco.simulation.comparison import Ending, Otherwise, Took, otherwise, took
from fondaco.simulation.conformance import Candidate, CandidateGone, CommandCandidate, Kit, try_system
from fondaco.simulation.converting import play_converting
from fondaco.simulation.day import DEMO_DAY, SEED, DayResult, DemoDay, demo_day, demo_key, lay_out, provider_quotes
from fondaco.simulation.exchange import Exchange
from fondaco.simulation.failures import Exposed, Struck, cascade, exposures
from fondaco.simulation.measures import Course, Measures, course, measures
from fondaco.simulation.payments import CurrencyDay, Payments, day_of, funded, payments_of
from fondaco.simulation.policy import Converted, Settled, play_policy
from fondaco.simulation.real_hub import HubDay, play_hub
from fondaco.simulation.replay import Replayed, RulesUnfit, replay_day
from fondaco.simulation.run import Run, simulate, simulate_each, told, told_exposed, told_run, told_struck, write_results
from fondaco.simulation.scenario import Funding, Scenario, raw_scenario, read_scenario
from fondaco.simulation.series import Job, Kept, Played, jobs_of, play_series
from fondaco.simulation.several import is_of_several, scenarios_of
from fondaco.simulation.union_day import UnionRun, play_union
from fondaco.simulation.union_scenario import UnionScenario, is_of_a_whole_union, union_scenario_of
from fondaco.simulation.workload import BAD_KINDS, Arrival, Traffic, day_bounds
from fondaco.simulation.world import World, WorldGone, WorldProcess

__all__ = [
    "BAD_KINDS",
    "DEMO_DAY",
    "SEED",
    "Arrival",
    "Candidate",
    "CandidateGone",
    "CommandCandidate",
    "Converted",
    "Course",
    "CurrencyDay",
    "DayResult",
    "DemoDay",
    "Ending",
    "Exchange",
    "Exposed",
    "Funding",
    "HubDay",
    "Job",
    "Kept",
    "Kit",
    "Measures",
    "NoCluster",
    "Otherwise",
    "Payments",
    "Played",
    "Replayed",
    "RulesUnfit",
    "Run",
    "Scenario",
    "Settled",
    "SmallBank",
    "Struck",
    "Took",
    "Traffic",
    "UnionRun",
    "UnionScenario",
    "World",
    "WorldGone",
    "WorldProcess",
    "cascade",
    "course",
    "day_bounds",
    "day_of",
    "demo_day",
    "demo_key",
    "exposures",
    "funded",
    "is_of_a_whole_union",
    "is_of_several",
    "jobs_of",
    "lay_out",
    "measures",
    "otherwise",
    "payments_of",
    "play_converting",
    "play_hub",
    "play_on_cluster",
    "play_policy",
    "play_series",
    "play_union",
    "provider_quotes",
    "raw_scenario",
    "read_scenario",
    "replay_day",
    "scenarios_of",
    "serve",
    "simulate",
    "simulate_each",
    "told",
    "told_exposed",
    "told_run",
    "told_struck",
    "took",
    "try_system",
    "union_scenario_of",
    "write_results",
]
