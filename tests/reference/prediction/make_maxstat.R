# Reference values for analytics/prediction/cutpoint from R's maxstat (0.7-25), and log-rank scores
# as martingale residuals of R's coxph. Run in this folder: Rscript make_maxstat.R   (R 4.2.2)
suppressMessages({library(maxstat); library(survival); library(jsonlite)})
make <- function(n, half, effect) {
  marker <- if (half) round(rexp(n, 0.1)) else round(rnorm(n), 8)
  t <- rexp(n, 0.05 * exp(effect * (marker > median(marker)))); c <- runif(n, 2, 60)
  time <- pmin(t, c); time <- if (half) pmax(0.5, ceiling(2 * time) / 2) else round(time, 8)
  data.frame(marker = marker, time_months = time, event = as.integer(t <= c))
}
set.seed(3)
cases <- list(small = make(50, FALSE, 0.9), null = make(60, FALSE, 0), tied = make(120, TRUE, 0.6), large = make(400, FALSE, 0.35))
one <- function(d, small) {
  run <- function(p, ...) suppressWarnings(maxstat.test(Surv(time_months, event) ~ marker, d, smethod = "LogRank", pmethod = p, ...))
  m <- run("Lau94")
  set.seed(1)
  gauss <- run("exactGauss", abseps = 1e-7, maxpts = 5e6)
  hl <- if (small) run("HL") else NULL
  set.seed(1); mc <- run("condMC", B = 50000)
  null <- coxph(Surv(time_months, event) ~ 1, d, ties = "breslow")
  score <- residuals(null, "martingale")
  o <- order(d$marker); a <- score[o]; x <- d$marker[o]; n <- length(a)
  size <- which(!duplicated(x, fromLast = TRUE)); size <- size[size >= max(1, floor(n * 0.1)) & size <= floor(n * 0.9)]
  sd <- sqrt(size * (n - size) / n * var(a))
  stat <- function(s) max(abs(cumsum(s)[size] - size * mean(s)) / sd)
  list(data = d, statistic = unname(m$statistic), cut = unname(m$estimate), n_cuts = length(m$cuts), lau92 = run("Lau92")$p.value,
       lau94 = m$p.value, gauss = unname(as.numeric(gauss$p.value)),
       hl = if (small) list(statistic = unname(hl$statistic), p = hl$p.value) else NULL,
       condmc = mc$p.value, martingale = unname(score), statistic_nelson_aalen = stat(a))
}
out <- list(small = one(cases$small, TRUE), null = one(cases$null, TRUE), tied = one(cases$tied, FALSE), large = one(cases$large, FALSE))
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null"), "maxstat.json")
