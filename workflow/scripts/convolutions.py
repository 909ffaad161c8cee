from workflow.stragglers.analysis.convolutions import convolutions, convolutions_curves, convolutions_power
from workflow.stragglers.spec.canonical import from_canonical
from workflow.stragglers.spec.specification import Detection
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import read_table, write_table

with job_log(snakemake.log[0]):
    (detection,) = from_canonical(snakemake.params.detection, Detection)
    dynamics = read_table(snakemake.input.dynamics)
    runs = convolutions(dynamics, read_table(snakemake.input.inversions), detection)
    write_table(runs, snakemake.output.runs)
    write_table(convolutions_power(dynamics, runs, detection), snakemake.output.power)
    write_table(convolutions_curves(dynamics), snakemake.output.curves)
