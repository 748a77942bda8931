# R's answers for tests/unit/analytics/characteristics: Rscript make_characteristics.R > characteristics.json
x <- c(71, 54.5, 63, 48, 59, 66, 70.5, 80)
y <- c(45, 52, 61, 57, 49.5, 68, 39, 55, 62, 51, 47)
two <- matrix(c(12, 5, 90, 130), 2)
three <- matrix(c(20, 15, 25, 110, 160, 95), 3)
small <- matrix(c(3, 1, 2, 1, 40, 22, 9, 30), 4)
smd <- function(table) {
  s <- sweep(table, 2, colSums(table), "/")
  a <- s[-1, 1]; b <- s[-1, 2]
  v <- (diag(a, length(a)) - a %o% a + diag(b, length(b)) - b %o% b) / 2
  sqrt(drop(t(a - b) %*% solve(v) %*% (a - b)))
}
number <- function(v) formatC(v, digits = 15, format = "g")
cat(sprintf(
  '{"numeric_difference": %s, "wilcoxon_p": %s, "fisher_2x2": %s, "chisq_3": %s, "chisq_4_simulated": %s, "smd_2": %s, "smd_3": %s}\n',
  number((mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2)),
  number(wilcox.test(x, y)$p.value),
  number(fisher.test(two)$p.value),
  number(chisq.test(three)$p.value),
  number({set.seed(1); chisq.test(small, simulate.p.value = TRUE, B = 2000000)$p.value}),
  number(smd(two)), number(smd(three))
))
