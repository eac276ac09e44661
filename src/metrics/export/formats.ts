/** What samples are written as for other programs. */
export const formats = ['csv', 'influx', 'prometheus', 'parquet'] as const;
export type Format = (typeof formats)[number];
