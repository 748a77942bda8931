# Reference numbers for the tests of analytics/resistance: base R only.
# Run: Rscript make_reference.R > reference.json
number <- function(x) paste0("[", paste(formatC(x, digits = 17, format = "g"), collapse = ", "), "]")
field <- function(name, x) paste0('"', name, '": ', number(x))
object <- function(...) paste0("{", paste(c(...), collapse = ", "), "}")

# binomial power: at least k reads of n at fraction f
power <- expand.grid(depth = c(8, 31, 60, 130), fraction = c(0.03, 0.1, 0.25, 0.4), reads = c(2, 3, 5))
power$p <- pbinom(power$reads - 1, power$depth, power$fraction, lower.tail = FALSE)

# paired changes: exact, with ties, with zeros, large
set.seed(20161)
round_to <- function(x, d) round(x, d)
pairs <- list(
  exact = list(rnorm(12, 5, 1), rnorm(12, 5.6, 1)),
  ties = list(round_to(rnorm(20, 5, 1), 0), round_to(rnorm(20, 5.4, 1), 0)),
  large = list(rnorm(70, 2, 1), rnorm(70, 2.1, 1.3))
)
paired <- sapply(names(pairs), function(name) {
  first <- pairs[[name]][[1]]; second <- pairs[[name]][[2]]
  test <- suppressWarnings(wilcox.test(second, first, paired = TRUE, conf.int = name == "exact"))
  extra <- if (name == "exact") c(test$estimate, test$conf.int) else numeric(0)
  paste0('"', name, '": ', object(field("first", first), field("second", second),
    field("statistic", test$statistic), field("p", test$p.value), field("estimate_low_high", extra)))
})

# rates and Fisher
rates <- lapply(list(c(0, 19), c(1, 23), c(1, 16), c(33, 2550)), function(x) c(x, x[1] / x[2], binom.test(x[1], x[2])$conf.int))
cells <- matrix(c(2, 12, 7, 60), nrow = 2, byrow = TRUE)
cat(object(
  paste0('"power": ', object(field("depth", power$depth), field("fraction", power$fraction),
    field("reads", power$reads), field("p", power$p))),
  paste0('"paired": ', object(paired)),
  paste0('"rates": [', paste(sapply(rates, number), collapse = ", "), "]"),
  field("fisher_cells_by_row", t(cells)), field("fisher_p", fisher.test(cells)$p.value)
), "\n")
