# Reference values for analytics/immune/comparisons: base R's wilcox.test and p.adjust, and Cliff's delta
# by brute force over all pairs. Run in this folder: Rscript make_comparisons.R   (R 4.2.2)
library(jsonlite)
set.seed(41)
cases <- list(
  small = list(x = round(rnorm(9, 0.6), 6), y = round(rnorm(14), 6)),
  uneven = list(x = round(rnorm(4, -0.5), 6), y = round(rexp(40), 6)),
  middle = list(x = round(rnorm(45, 0.3), 6), y = round(rnorm(49), 6)),
  tied = list(x = sample(0:6, 30, TRUE), y = sample(0:5, 44, TRUE)),
  large = list(x = round(rnorm(90, 0.4), 7), y = round(rnorm(130), 7))
)
cliff <- function(x, y) {
  s <- sign(outer(x, y, "-")); d <- mean(s); m <- length(x); n <- length(y)
  v <- (n^2 * sum((rowMeans(s) - d)^2) + m^2 * sum((colMeans(s) - d)^2) - sum((s - d)^2)) / (m * n * (m - 1) * (n - 1))
  z <- qnorm(0.975); half <- z * sqrt(v) * sqrt((1 - d^2)^2 + z^2 * v)
  c(d, (d - d^3 - half) / (1 - d^2 + z^2 * v), (d - d^3 + half) / (1 - d^2 + z^2 * v))
}
out <- lapply(cases, function(k) {
  test <- suppressWarnings(wilcox.test(k$x, k$y, conf.int = TRUE))
  forced <- suppressWarnings(wilcox.test(k$x, k$y, conf.int = TRUE, exact = TRUE))
  list(x = k$x, y = k$y, u = unname(test$statistic), p = test$p.value, method = test$method,
       exact_shift = c(median(outer(k$x, k$y, "-")), forced$conf.int), cliff = cliff(k$x, k$y))
})
p <- c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34)
write(toJSON(list(cases = out, bh = list(p = p, q = p.adjust(p, "BH")), dwilcox_7_9 = dwilcox(0:63, 7, 9)),
             digits = NA, auto_unbox = TRUE), "comparisons.json")
