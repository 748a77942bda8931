# Reference values for analytics/signatures: R's nnls (plain solution) and MutationalPatterns' backward selection.
# Run in this folder: Rscript make_signatures.R   (nnls 1.4, MutationalPatterns 3.8.1, R 4.2.2)
suppressMessages({library(nnls); library(MutationalPatterns); library(jsonlite)})
set.seed(9)
channels <- 96; k <- 14
gamma_profile <- function(shape) { p <- rgamma(channels, shape); p / sum(p) }
# Peaked, ordinary and flat profiles; the last is a mixture of two others but for a little.
S <- cbind(sapply(1:5, function(i) gamma_profile(0.08)), sapply(1:6, function(i) gamma_profile(0.4)), sapply(1:2, function(i) gamma_profile(6)))
S <- cbind(S, 0.5 * S[, 1] + 0.48 * S[, 7] + 0.02 * S[, 12])
colnames(S) <- paste0("X", 1:k)
truth <- t(sapply(1:30, function(i) { e <- rep(0, k); e[sample(13, sample(2:4, 1))] <- round(rexp(1, 1 / 80) + 20); e }))
X <- apply(truth %*% t(S), c(1, 2), function(m) rpois(1, m))
plain <- t(apply(X, 1, function(x) nnls(S, x)$x))
dimnames(X) <- list(paste0("P", 1:30), NULL)
strict <- lapply(c(0.004, 0.02), function(delta) t(unname(
  fit_to_signatures_strict(t(X), S, max_delta = delta, method = "backwards")$fit_res$contribution)))
write(toJSON(list(profiles = S, truth = truth, spectra = unname(X), plain = plain,
                  strict = list(list(max_delta = 0.004, exposures = strict[[1]]), list(max_delta = 0.02, exposures = strict[[2]]))),
             digits = NA), "signatures.json")
