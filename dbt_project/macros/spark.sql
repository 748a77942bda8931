{#- What the project needs on Spark alone: its raw tables, and seeds that hold what their files say. -#}

{#- Raw tables are Parquet files that DuckDB wrote (warehouse.build.spark), a folder a table. Each run names them anew: Spark's
    catalogue lives as long as dbt does, and that of a server knows those of the last run. -#}
{% macro create_raw_tables() %}
{% if execute and target.type == 'spark' and flags.WHICH in ('run', 'build', 'test') %}
{% do run_query('create schema if not exists raw') %}
{% for source in graph.sources.values() %}
{% do run_query('drop table if exists raw.' ~ source.identifier) %}
{% do run_query(
    "create table raw." ~ source.identifier ~ " using parquet location '"
    ~ env_var('ICB_SPARK_RAW') ~ "/" ~ source.identifier ~ "'"
) %}
{% endfor %}
{% endif %}
{% endmacro %}

{#- A table lies where DuckDB looks for it, whatever the warehouse folder of a server is. -#}
{% macro spark__location_clause() %}
location '{{ env_var('ICB_SPARK_TABLES') }}/{{ this.schema }}.db/{{ this.identifier }}'
{% endmacro %}

{#- dbt-spark binds every cell between apostrophes: an empty cell becomes the word None, and an apostrophe ends the text
    (dbt-labs/dbt-adapters, issue 487). Here Spark reads the file itself, as DuckDB does: an empty cell is null. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
{%- set types = model['config'].get('column_types', {}) -%}
{%- set file = model['root_path'] ~ '/' ~ model['original_file_path'] -%}
{%- set sql -%}
insert into {{ this.render() }}
select
{%- for name in agate_table.column_names %}
    cast(nullif({{ name }}, '') as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }}) as {{ name }}
    {%- if not loop.last %},{% endif %}
{%- endfor %}
from cells_of_{{ model['alias'] }}
{%- endset -%}
{%- do adapter.add_query(
    "create or replace temporary view cells_of_" ~ model['alias'] ~ " using csv options (path '" ~ file
    ~ "', header 'true', multiLine 'true', escape '\"', mode 'FAILFAST')"
) -%}
{%- do adapter.add_query(sql) -%}
{{ return(sql) }}
{% endmacro %}

{#- Parquet tables of Spark take no constraint. What a contract says of nulls is asked once the table is there, and a null is
    the model's failure, as on DuckDB. -#}
{% macro spark__persist_constraints(relation, model) %}
{%- set asked = [] -%}
{%- for column in model.columns.values() if column.constraints | selectattr('type', 'equalto', 'not_null') | list -%}
{%- do asked.append("count_if(" ~ column.name ~ " is null) as " ~ column.name) -%}
{%- endfor -%}
{%- if config.get('contract').enforced and asked -%}
{%- set counted = run_query("select " ~ asked | join(', ') ~ " from " ~ relation) -%}
{%- for name in counted.column_names if counted.columns[name].values()[0] > 0 -%}
{{ exceptions.raise_compiler_error(
    relation ~ " has " ~ counted.columns[name].values()[0] ~ " rows without " ~ name ~ ", which its contract asks for"
) }}
{%- endfor -%}
{%- endif -%}
{% endmacro %}

{#- What is a view on DuckDB is a table on Spark: its readers find it among the Parquet files, and none computes it again. -#}
{% macro view_or_table() -%}{{ return('table' if target.type == 'spark' else 'view') }}{%- endmacro %}
