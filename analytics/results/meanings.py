"""What one row of each result table is: for the UI, the comments of the published file and the docs."""

from __future__ import annotations

#: table of the ``stats`` schema -> what a row is
RESULT_MEANINGS: dict[str, str] = {
    "analysis_specs": "One way (variant) of doing one analysis, as its file declares it, and the run that did it.",
    "analysis_flow": "One step from all patients of the cohorts to those who are counted, with the reason.",
    "analysis_members": "One patient of an analysis, counted or not, with status and the sets that he or she is in.",
    "survival_stats": "A survival estimate, a median, a test or a count of members.",
    "response_stats": "A response rate or a comparison of rates.",
    "characteristics": "A characteristic of mutated and wild-type members, level by level.",
    "comparison_stats": "A measure compared between mutated and wild-type members.",
    "frequency_stats": "A count or a share with its exact interval.",
    "enrichment_stats": "A gene set that is enriched, or not, among genes ranked by their difference in expression.",
    "signature_exposures": "The exposure of one sample to one mutational signature.",
    "signature_survival_stats": "Survival by presence of a mutational signature.",
    "comutation_results": "A gene mutated together with another: crude, and within narrow bins of burden.",
    "nomograms": "A point of an axis of a nomogram.",
    "calibrations": "A group of predicted probabilities against what was observed.",
    "prediction_stats": "How well a model predicts: discrimination, error, cut-off.",
    "figures": "A figure on disk, with its title and with words for those who cannot see it.",
    "pair_stats": "A statistic of pairs of samples of the same people.",
    "resistance_events": "An event in a gene of resistance in one pair or sample, with its evidence and confidence.",
    "pair_mutations": "A mutation in a pair of samples: shared, private, or too shallow to say.",
    "resistance_outcomes": "What became of one patient: intrinsic or acquired resistance, response, or not known.",
    "meta_stats": "A random-effects pool of cohorts, or the same without one of them.",
    "interaction_stats": "Treatment by gene interaction, or a ratio of hazard ratios, with the verdict.",
    "scan_specs": "A scan of every gene: one registered family of hypotheses.",
    "scan_members": "One person of a scan or of its control, with the file and row of the follow-up.",
    "scan_flow": "One step from all patients of the cohorts to those who are scanned.",
    "scan_results": "A gene in a scan of survival, with every test and every guard.",
    "scan_response_results": "A gene in a scan of response, with every test and every guard.",
    "claim_checks": "A printed number against the warehouse's own, with the verdict of this run.",
    "left_out_cohorts": "A cohort of the catalogue that could not be read or failed its checks, and why.",
    "runs": "A run: what became of it, commit, versions, where the sources were read from.",
}
