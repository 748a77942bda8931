# GSVA's ssGSEA scores of Hugo 2016 for the 29 immune signatures of He 2018, from the mirror of public files.
# Run in this folder: ICB_MIRROR=<mirror> Rscript make_ssgsea_hugo.R   (GSVA 1.46.0, R 4.2.2)
suppressMessages({library(GSVA); library(jsonlite)})
root <- file.path(Sys.getenv("ICB_MIRROR"), "raw.githubusercontent.com")
x <- read.table(gzfile(file.path(root, "BHKLAB-Pachyderm/ICB_Hugo-data/46b20b78eec927eda7d602ee6f8974867cc60e66/EXPR.txt.gz")),
                header = TRUE, sep = "\t", dec = ",", check.names = FALSE, quote = "", stringsAsFactors = FALSE)
x <- x[!duplicated(x[[1]]), ]
m <- as.matrix(x[, -1]); rownames(m) <- x[[1]]
lines <- strsplit(readLines(file.path(root, "LuZDPUMC/LUAD-paper-code/81ded07f98ba9c326d03aad3aed1e78dce46fbc8/immune.gmt")), "\t")
sets <- lapply(lines, function(l) unique(trimws(l[-(1:2)]))); names(sets) <- sapply(lines, `[`, 1)
sets <- lapply(sets, function(s) s[s != ""])
covered <- sapply(sets, function(s) mean(s %in% rownames(m)) >= 0.8)
run <- function(norm) { invisible(capture.output(es <- suppressWarnings(
  gsva(m, sets[covered], method = "ssgsea", ssgsea.norm = norm, verbose = FALSE, parallel.sz = 1)))); es[names(sets)[covered], ] }
write(toJSON(list(samples = colnames(m), sets = names(sets)[covered], all_sets = names(sets), n_genes = nrow(m),
                  raw = t(run(FALSE)), normalised = t(run(TRUE))), digits = NA), "ssgsea_hugo.json")
cat(dim(m), sum(covered), anyNA(m), mean(m == 0), "\n")
