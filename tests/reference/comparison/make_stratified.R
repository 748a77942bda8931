# coin's answers for tests/unit/analytics/comparison: Rscript make_stratified.R > stratified.json
suppressMessages(library(coin))
y <- c(3, 7, 7, 12, 5, 9, 1, 4, 30, 22, 41, 18, 18, 25, 60, 11, 2, 2, 5, 8, 3, 9, 6, 1, 7, 4)
x <- c(2, 8, 6, 13, 9, 7, 3, 1, 25, 30, 44, 12, 20, 19, 55, 16, 4, 1, 6, 5, 2, 11, 8, 3, 9, 2)
g <- c(1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0)
b <- factor(rep(1:3, c(8, 8, 10)))
group <- factor(g, levels = c(0, 1))
scaled <- function(v) ave(v, b, FUN = function(w) (rank(w) - (length(w) + 1) / 2) / (length(w) + 1))
ry <- scaled(y); rx <- scaled(x)
residual <- ry - sum(rx * ry) / sum(rx^2) * rx
z <- function(v) -drop(statistic(independence_test(v ~ group | b, teststat = "scalar"), type = "standardized"))
p <- function(v) drop(pvalue(independence_test(v ~ group | b, teststat = "scalar")))
number <- function(v) formatC(v, digits = 15, format = "g")
list_of <- function(v) paste0("[", paste(v, collapse = ", "), "]")
cat(sprintf(
  '{"y": %s, "x": %s, "mutated": %s, "stratum": %s, "van_elteren_z": %s, "van_elteren_p": %s, "adjusted_z": %s, "adjusted_p": %s}\n',
  list_of(y), list_of(x), list_of(g), list_of(as.integer(b)), number(abs(z(ry))), number(p(ry)),
  number(abs(z(residual))), number(p(residual))
))
