# R's part of the benchmark: a process that is told what to time, one line at a time, and answers with CPU seconds
# and the number of genes.
#
# Arguments: patients.csv (time_months, event, stratum, z...), carriers.csv (gene, patient; from 0).
# Input lines: "coxph.fit <genes>", "coxph.fit.univariable <genes>", "coxph <genes>", "survdiff <genes>", "quit".
# Genes are taken evenly over all genes, so that the seconds per gene are those of the whole scan.
suppressPackageStartupMessages(library(survival))
arguments <- commandArgs(trailingOnly = TRUE)
d <- read.csv(arguments[1])
carriers <- read.csv(arguments[2])
members <- split(carriers$patient + 1L, factor(carriers$gene, levels = 0:max(carriers$gene)))
z <- as.matrix(d[, grep("^z[0-9]+$", names(d))])
y <- Surv(d$time_months, d$event)
control <- coxph.control()
one <- function(g) { x <- numeric(nrow(d)); x[members[[g]]] <- 1; x }

fit <- function(x) survival:::coxph.fit(x, y, d$stratum, NULL, NULL, control, NULL, "efron", NULL)
work <- list(
  coxph.fit = function(g) fit(cbind(gene = one(g), z)),
  coxph.fit.univariable = function(g) fit(matrix(one(g))),
  coxph = function(g) { x <- one(g); coxph(y ~ x + z + strata(d$stratum)) },
  survdiff = function(g) { x <- one(g); survdiff(y ~ x + strata(d$stratum)) }
)
input <- file("stdin", "r")
cat("ready\n")
repeat {
  line <- strsplit(readLines(input, 1), " ")[[1]]
  if (line[1] == "quit") break
  if (line[1] == "answers") {
    for (g in as.integer(line[-1])) {
      f <- work$coxph.fit(g)
      cat(sprintf("%.17g %.17g\n", f$coefficients[[1]], sqrt(f$var[1, 1])))
    }
    next
  }
  genes <- unique(round(seq(1, length(members), length.out = as.integer(line[2]))))
  taken <- system.time(suppressWarnings(for (g in genes) work[[line[1]]](g)))
  cat(sprintf("%.6f %d\n", taken[["user.self"]] + taken[["sys.self"]], length(genes)))
}
