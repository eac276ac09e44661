/** The export formats for samples. */
export const formats = ['csv', 'influx', 'prometheus', 'parquet'] as const;
export type Format = (typeof formats)[number];
