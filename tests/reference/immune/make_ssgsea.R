# Reference values for analytics/immune/ssgsea from GSVA's method "ssgsea" (Bioconductor, GSVA 1.46.0).
# Run in this folder: Rscript make_ssgsea.R   (R 4.2.2)
suppressMessages({library(GSVA); library(jsonlite)})
set.seed(2)
genes <- sprintf("G%03d", 1:150)
sets <- list(a = sample(genes, 12), b = sample(genes, 30), c = sample(genes, 3), d = sample(genes, 70), one = genes[7])
matrices <- list(
  continuous = matrix(round(rnorm(150 * 8), 9), 150),
  # Half zeros, as in FPKM tables: long ties that include set genes.
  zeros = matrix(ifelse(runif(150 * 8) < 0.5, 0, round(rexp(150 * 8), 3)), 150),
  # Small counts: nearly every value tied.
  counts = matrix(rpois(150 * 8, 3), 150)
)
run <- function(m, norm, alpha) {
  dimnames(m) <- list(genes, paste0("S", 1:8))
  invisible(capture.output(es <- suppressWarnings(
    gsva(m, sets, method = "ssgsea", ssgsea.norm = norm, tau = alpha, verbose = FALSE, parallel.sz = 1))))
  es[names(sets), ]
}
out <- lapply(matrices, function(m) list(
  x = t(m), raw = t(run(m, FALSE, 0.25)), normalised = t(run(m, TRUE, 0.25)), alpha_one = t(run(m, FALSE, 1))))
write(toJSON(list(genes = genes, sets = sets, matrices = out), digits = NA), "ssgsea.json")
