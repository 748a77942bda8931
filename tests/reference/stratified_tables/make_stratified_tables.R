# R's answers for tests/unit/analytics/response/test_stratified_tables.py: Rscript make_stratified_tables.R > stratified_tables.json
# [both, first only, second only, neither] of the strata
arrange <- function(cells) array(apply(cells, 1, function(v) matrix(c(v[1], v[3], v[2], v[4]), 2)), c(2, 2, nrow(cells)))
cells <- rbind(c(3, 5, 9, 60), c(8, 4, 20, 41), c(1, 2, 4, 80), c(12, 6, 7, 9))
sparse <- rbind(c(2, 1, 0, 30), c(1, 3, 0, 20), c(0, 4, 1, 40))
answer <- mantelhaen.test(arrange(cells), correct = FALSE)
number <- function(v) formatC(v, digits = 15, format = "g")
cat(sprintf(
  '{"odds_ratio": %s, "ci_low": %s, "ci_high": %s, "p": %s, "exact_p": %s, "sparse_exact_p": %s}\n',
  number(answer$estimate), number(answer$conf.int[1]), number(answer$conf.int[2]), number(answer$p.value),
  number(mantelhaen.test(arrange(cells), exact = TRUE)$p.value),
  number(mantelhaen.test(arrange(sparse), exact = TRUE)$p.value)
))
