"""The planted truth of the generated cohorts: hazard ratios, response rates, how common each driver is.

Only numbers and the sentence that says what each is for. Drawing patients from them is ``people``; the
file formats are the cohort modules.
"""

from __future__ import annotations

#: Hazard ratio of a mutation under ICB, at equal burden. IGF1R is the predictive gene, TP53 the prognostic one.
HAZARD_RATIOS_ICB = {"IGF1R": 0.45, "TP53": 1.6, "ALK": 1.0, "TTN": 1.0, "MUC16": 1.0}
#: The same without ICB (control cohort and chemotherapy arms): only the prognostic gene is left.
HAZARD_RATIOS_CONTROL = {"IGF1R": 1.0, "TP53": 1.6, "ALK": 1.0, "TTN": 1.0, "MUC16": 1.0}
#: Hazard ratio per unit of log2(TMB + 1), TMB in mutations per Mb as the cohort's own assay counts it.
HAZARD_RATIO_LOG2_TMB_ICB = 0.75
HAZARD_RATIO_LOG2_TMB_CONTROL = 1.0
#: log2(TMB + 1) at which the ICB arm of the trials has `HAZARD_RATIO_ICB_ARM` against chemotherapy.
REFERENCE_LOG2_TMB = 3.0
HAZARD_RATIO_ICB_ARM = 0.85

PREDICTIVE_GENE = "IGF1R"
PROGNOSTIC_GENE = "TP53"
NULL_GENES = ("ALK",)
SHADOW_GENES = ("TTN", "MUC16")
#: genes whose status is written into the truth file for every patient
TRUTH_GENES = (
    "IGF1R", "TP53", "ALK", "TTN", "MUC16", "STK11", "KEAP1", "KRAS", "BRAF", "JAK1", "JAK2", "B2M", "POLE",
)  # fmt: skip

BEST_RESPONSES = ("CR", "PR", "SD", "PD")
#: Best response by IGF1R status under ICB: objective response 60 % against 30 %, disease control 80 % against 55 %.
RESPONSE_MUTATED = (0.20, 0.40, 0.20, 0.20)
RESPONSE_WILD_TYPE = (0.08, 0.22, 0.25, 0.45)
RESPONSE_CHEMOTHERAPY = (0.02, 0.13, 0.40, 0.45)
#: Share of patients whose response nobody could judge, whatever their status.
NOT_EVALUABLE = 0.04
#: Correlation of the response's latent score with the normal scores of survival and of time to progression.
RESPONSE_LOADING = 0.55

#: median and sigma (natural logarithm) of the log-normal burden, mutations per Mb
BURDEN = {
    "Melanoma": (12.0, 1.0),
    "Non-Small Cell Lung Cancer": (8.0, 0.9),
    "Bladder Cancer": (7.0, 0.8),
    "Renal Cell Carcinoma": (2.0, 0.5),
    "Colorectal Cancer": (5.0, 0.9),
    "Leukemia": (0.6, 0.4),
}

#: median overall survival in months from start of ICB, and from diagnosis without ICB, at reference burden
MEDIAN_OS_ICB = {
    "Melanoma": 24.0,
    "Non-Small Cell Lung Cancer": 13.0,
    "Bladder Cancer": 12.0,
    "Renal Cell Carcinoma": 20.0,
    "Colorectal Cancer": 11.0,
}
MEDIAN_OS_DIAGNOSIS = {
    "Melanoma": 60.0,
    "Non-Small Cell Lung Cancer": 34.0,
    "Bladder Cancer": 30.0,
    "Renal Cell Carcinoma": 70.0,
    "Colorectal Cancer": 50.0,
    "Leukemia": 18.0,
}
#: Months that median time to progression alone would take, as a share of median survival.
PROGRESSION_SHARE = 0.45
WEIBULL_SHAPE = 1.1

# IGF1R and ALK get a share that does not depend on burden, so that burden alone cannot explain them.
_EVERYWHERE = {"IGF1R": 0.10, "ALK": 0.03}
#: share of patients with a driver mutation, beyond what burden and gene length give
DRIVERS: dict[str, dict[str, float]] = {
    "Melanoma": {
        "TP53": 0.18,
        "BRAF": 0.40,
        "NRAS": 0.24,
        "NF1": 0.10,
        "CDKN2A": 0.12,
        "PTEN": 0.08,
        "MC1R": 0.03,
    },
    "Non-Small Cell Lung Cancer": {
        "TP53": 0.45,
        "KRAS": 0.28,
        "STK11": 0.15,
        "KEAP1": 0.15,
        "EGFR": 0.14,
        "BRAF": 0.04,
        "MET": 0.03,
    },
    "Bladder Cancer": {
        "TP53": 0.45,
        "FGFR3": 0.16,
        "KDM6A": 0.22,
        "ARID1A": 0.20,
        "RB1": 0.15,
        "PIK3CA": 0.18,
    },
    "Renal Cell Carcinoma": {"VHL": 0.50, "PBRM1": 0.38, "SETD2": 0.14, "BAP1": 0.12, "TP53": 0.06},
    "Colorectal Cancer": {
        "APC": 0.65,
        "TP53": 0.50,
        "KRAS": 0.40,
        "PIK3CA": 0.15,
        "BRAF": 0.08,
        "SMAD4": 0.10,
    },
    "Leukemia": {"NPM1": 0.25, "FLT3": 0.25, "DNMT3A": 0.22, "IDH2": 0.08, "TP53": 0.08},
}
for _drivers in DRIVERS.values():
    _drivers.update(_EVERYWHERE)

#: share of a gene's driver mutations that truncate the protein; the others are missense
TRUNCATING_DRIVERS = {
    "TP53": 0.30, "STK11": 0.60, "KEAP1": 0.15, "NF1": 0.70, "CDKN2A": 0.50, "PTEN": 0.50, "KDM6A": 0.80,
    "ARID1A": 0.85, "RB1": 0.80, "VHL": 0.60, "PBRM1": 0.85, "SETD2": 0.70, "BAP1": 0.60, "APC": 0.95, "NPM1": 1.0,
}  # fmt: skip

#: gene -> residue, amino acids, position on GRCh37 and bases of the one change that its driver mutations are
HOTSPOTS = {
    "BRAF": (600, "V", "E", 140453136, "A", "T"),
    "KRAS": (12, "G", "C", 25398285, "C", "A"),
    "NRAS": (61, "Q", "R", 115256529, "T", "C"),
    "EGFR": (858, "L", "R", 55259515, "T", "G"),
    "PIK3CA": (1047, "H", "R", 178952085, "A", "G"),
    "FGFR3": (249, "S", "C", 1803568, "C", "G"),
}

#: IGF1R-mutated tumours of demo_melanoma_c: log2 shift of two chemokines, and of every gene of the planted set.
EXPRESSION_SHIFT_GENES = ("CXCL9", "CXCL10")
EXPRESSION_SHIFT_LOG2 = 1.5
EXPRESSION_SHIFT_SET = (
    "ATM", "ATR", "BARD1", "BLM", "BRCA1", "BRCA2", "BRIP1", "CHEK1", "CHEK2", "ERCC2", "ERCC3", "ERCC4", "FANCA",
    "MLH1", "MSH2", "MSH3", "MSH6", "NBN", "PALB2", "PARP1", "PMS1", "PMS2", "POLD1", "POLE", "RAD50", "RAD51",
)  # fmt: skip
EXPRESSION_SHIFT_SET_LOG2 = 0.6
#: ... and of demo_control_2018: difference of the mean leukocyte fraction.
LEUKOCYTE_SHIFT = 0.10
