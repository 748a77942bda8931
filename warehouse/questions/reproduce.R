# @QUESTION@
#
# Makes the main estimates of the answer again from people.csv with R's survival package:
#   Rscript reproduce.R
# (answer.json has all estimates with their groups, p and warnings.)
library(survival)

people <- read.csv("people.csv", na.strings = "")
pool <- people[people$in_pool == 1 & !is.na(people[["@TERM@"]]), ]
strata <- strsplit("@STRATA@", ", ")[[1]]
term <- "@TERM@"
late <- any(pool$entry_months > 0)
outcome <- if (late) "Surv(entry_months, time_months, event)" else "Surv(time_months, event)"

fitted <- function(covariates) {
  terms <- c(term, covariates, if (length(strata)) paste0("strata(", paste(strata, collapse = ", "), ")"))
  rows <- pool[complete.cases(pool[c(term, covariates, strata)]), ]
  model <- coxph(as.formula(paste(outcome, "~", paste(terms, collapse = " + "))),
                 data = rows, ties = "efron", cluster = person_id)
  ends <- exp(confint(model)[term, ])
  c(estimate = unname(exp(coef(model)[term])), low = unname(ends[1]), high = unname(ends[2]))
}

told <- c(@ESTIMATE@, @CI_LOW@, @CI_HIGH@)
found <- fitted(character(0))
cat(sprintf("hazard ratio %.4f (%.4f-%.4f); the answer says %.4f (%.4f-%.4f), by @ESTIMATOR@\n",
            found[1], found[2], found[3], told[1], told[2], told[3]))
if ("@ESTIMATOR@" != "cox") cat("coxph's estimate is another one than @ESTIMATOR@'s, which penalises for few events\n")
if ("@ESTIMATOR@" == "cox" && max(abs(log(found) - log(told))) > 1e-4) stop("R finds another estimate")

adjust <- c(@ADJUST@)
if (length(adjust)) {
  found <- fitted(adjust)
  cat(sprintf("adjusted for %s: %.4f (%.4f-%.4f); the answer says %.4f\n",
              paste(adjust, collapse = ", "), found[1], found[2], found[3], @ADJUSTED@))
  if ("@ADJUSTED_BY@" == "cox" && abs(log(found[1]) - log(@ADJUSTED@)) > 1e-4) stop("R finds another adjusted estimate")
}
print(survfit(as.formula(paste(outcome, "~", if (term == "value") "1" else term)), data = pool))
