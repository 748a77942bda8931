# R's answers for tests/unit/analytics/comutation: Rscript make_comutation.R > comutation.json
# [both, gene only, other only, neither] of four strata
cells <- rbind(c(3, 5, 9, 60), c(8, 4, 20, 41), c(1, 2, 4, 80), c(12, 6, 7, 9))
tables <- array(apply(cells, 1, function(v) matrix(c(v[1], v[3], v[2], v[4]), 2)), c(2, 2, 4))
answer <- mantelhaen.test(tables, correct = FALSE)
pooled <- colSums(cells)
crude <- fisher.test(matrix(c(pooled[1], pooled[3], pooled[2], pooled[4]), 2))
number <- function(v) formatC(v, digits = 15, format = "g")
cat(sprintf(
  '{"odds_ratio": %s, "ci_low": %s, "ci_high": %s, "p": %s, "fisher_p": %s}\n',
  number(answer$estimate), number(answer$conf.int[1]), number(answer$conf.int[2]), number(answer$p.value),
  number(crude$p.value)
))
