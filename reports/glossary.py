"""What each metric of the bias section is, in plain words, with its range, its sign and its other names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Entry = tuple[str, str, str]  # what it is, range and what is even, other names

METRICS: Mapping[str, Entry] = {
    "positive_rate": ("share of the group's rows that carry the favourable label", "0 to 1", "base rate"),
    "selection_rate": ("share of the group's rows that are predicted favourable", "0 to 1", "acceptance rate, Aequitas pprev"),
    "true_positive_rate": ("of the rows labelled favourable, the share predicted so", "0 to 1", "recall, sensitivity"),
    "false_positive_rate": ("of the rows labelled otherwise, the share predicted favourable", "0 to 1", "fall-out"),
    "true_negative_rate": ("of the rows labelled otherwise, the share predicted otherwise", "0 to 1", "specificity"),
    "false_negative_rate": ("of the rows labelled favourable, the share predicted otherwise", "0 to 1", "miss rate"),
    "precision": ("of the rows predicted favourable, the share labelled so", "0 to 1", "positive predictive value"),
    "negative_predictive_value": ("of the rows predicted otherwise, the share labelled so", "0 to 1", ""),
    "accuracy": ("share of rows predicted as labelled", "0 to 1", ""),
    "mean_score": ("mean of the scores", "that of the scores", ""),
    "class_imbalance": ("(reference rows - group rows) / both", "-1 to 1; 0 is even; + the group is smaller", "CI"),
    "label_rate_difference": ("label rate of the reference minus that of the group", "-1 to 1; 0 is even", "DPL; -SPD of labels"),
    "label_rate_ratio": ("label rate of the group over that of the reference", "0 up; 1 is even", "disparate impact of labels"),
    "kl": ("Kullback-Leibler divergence of the labels, reference from group, in nats", "0 up; 0 is even", "relative entropy"),
    "js": ("Jensen-Shannon divergence of the labels, in nats", "0 to .693; 0 is even", ""),
    "lp": ("Euclidean distance of the label shares", "0 to 1.414; 0 is even", "L2"),
    "tvd": ("half the sum of the differences of label shares", "0 to 1; 0 is even", "total variation distance"),
    "ks": ("largest difference of one label's share", "0 to 1; 0 is even", "Kolmogorov-Smirnov over categories"),
    "demographic_disparity": (
        "the group's share of the rows labelled otherwise minus its share of the favourable",
        "-1 to 1; 0 is even",
        "DD",
    ),
    "conditional_demographic_disparity": ("the same within strata, weighted by their rows", "-1 to 1; 0 is even", "CDDL"),
    "conditional_demographic_disparity_predicted": ("the same for predictions", "-1 to 1; 0 is even", "CDDPL"),
    "differential_fairness": ("largest log ratio of a label's smoothed rate between two groups", "0 up; 0 is even", "epsilon"),
    "weighted_label_rate_difference": ("label rate by weights, reference minus group", "-1 to 1; 0 is even", ""),
    "weighted_label_rate_ratio": ("label rate by weights, group over reference", "0 up; 1 is even", ""),
    "weighted_selection_rate_difference": ("selection rate by weights, reference minus group", "-1 to 1; 0 is even", ""),
    "weighted_selection_rate_ratio": ("selection rate by weights, group over reference", "0 up; 1 is even", ""),
    "flip_test": (
        "rows that would gain minus those that would lose by the predictions of their nearest reference rows, per row",
        "-1 to 1; + the group is harmed",
        "FT",
    ),
    "flip_test_difference": ("flip test less what those reference rows have themselves", "-1 to 1; 0 is even; + is harm", ""),
    "consistency": ("1 - mean distance of a label from those of its 5 nearest rows", "0 to 1; 1 is consistent", ""),
    "selection_rate_difference": ("selection rate of the reference minus that of the group", "-1 to 1; 0 is even", "DPPL, -SPD"),
    "selection_rate_ratio": (
        "selection rate of the group over that of the reference",
        "0 up; 1 is even",
        "DI, adverse impact ratio",
    ),
    "recall_difference": ("recall of the reference minus that of the group", "-1 to 1; 0 is even", "RD, -EOppD"),
    "specificity_difference": ("specificity of the group minus that of the reference", "-1 to 1; 0 is even", "SD"),
    "acceptance_rate_difference": ("precision of the reference minus that of the group", "-1 to 1; 0 is even", "DAR"),
    "rejection_rate_difference": (
        "negative predictive value of the group minus that of the reference",
        "-1 to 1; 0 is even",
        "DRR",
    ),
    "conditional_acceptance_difference": (
        "labelled favourable per so predicted, reference minus group",
        "no bounds; 0 is even",
        "DCA",
    ),
    "conditional_rejection_difference": (
        "labelled otherwise per so predicted, group minus reference",
        "no bounds; 0 is even",
        "DCR",
    ),
    "accuracy_difference": ("accuracy of the reference minus that of the group", "-1 to 1; 0 is even", "AD"),
    "treatment_equality": ("misses per false alarm, group minus reference", "no bounds; 0 is even", "TE"),
    "average_odds_difference": (
        "mean of the gaps of false and of true positive rates; they may cancel",
        "-1 to 1; 0 is even",
        "AOD",
    ),
    "equalized_odds_difference": (
        "larger spread over all groups of true or of false positive rates",
        "0 to 1; never below 0",
        "EOD",
    ),
    "demographic_parity_difference": (
        "largest minus smallest selection rate over all groups",
        "0 to 1; never below 0",
        "DPD; |SPD| for two",
    ),
    "demographic_parity_ratio": ("smallest over largest selection rate of all groups", "0 to 1; 1 is even", "DPR"),
    "false_positive_rate_difference": ("false positive rate of the group minus that of the reference", "-1 to 1; 0 is even", ""),
    "false_positive_rate_ratio": ("false positive rate of the group over that of the reference", "0 up; 1 is even", ""),
    "false_negative_rate_difference": ("miss rate of the group minus that of the reference", "-1 to 1; 0 is even", ""),
    "false_discovery_rate_difference": ("1 - precision, group minus reference", "-1 to 1; 0 is even", ""),
    "false_omission_rate_difference": ("1 - negative predictive value, group minus reference", "-1 to 1; 0 is even", ""),
    "generalized_entropy": (
        "inequality of benefits (prediction - label + 1) over all rows, order 2",
        "0 up; 0 is equal",
        "GE(2)",
    ),
    "theil": ("the same of order 1", "0 up; 0 is equal", "GE(1)"),
    "calibration_difference": ("mean score minus label rate, group minus reference", "-1 to 1; 0 is even", ""),
    "expected_calibration_error_difference": ("calibration error of the group minus that of the reference", "-1 to 1", "ECE gap"),
    "brier_difference": ("mean squared error of the scores, group minus reference", "-1 to 1; 0 is even", ""),
    "log_loss_difference": ("mean log loss of the scores, group minus reference", "no bounds; 0 is even", ""),
    "subgroup_auc": ("chance that a favourable row of the group outranks another of the group", "0 to 1; .5 is chance", ""),
    "bpsn_auc": (
        "chance that a favourable row outside the group outranks an unfavourable one inside",
        "0 to 1",
        "low: the group scores high",
    ),
    "bnsp_auc": (
        "chance that a favourable row of the group outranks an unfavourable one outside",
        "0 to 1",
        "low: the group scores low",
    ),
    "mean_prediction_difference": (
        "mean prediction of the group minus that of the reference",
        "that of the label; 0 is even",
        "",
    ),
    "residual_difference": ("mean of prediction - label, group minus reference", "that of the label; 0 is even", ""),
    "mean_absolute_error_difference": ("mean absolute error, group minus reference", "that of the label; 0 is even", ""),
    "mean_absolute_error_ratio": ("mean absolute error of the group over that of the reference", "0 up; 1 is even", ""),
    "disagreement_difference": (
        "rows on which annotators are not unanimous, share of the group minus that of the reference",
        "-1 to 1; 0 is even",
        "",
    ),
    "impact_ratio": ("selection rate over the highest one of the table", "0 to 1", "Local Law 144"),
}


def lines(metrics: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """(metric, what it is, range, other names) of those that have an entry, in the order given, each once."""
    return [(m.replace("_", " "), *METRICS[m]) for m in dict.fromkeys(metrics) if m in METRICS]
