// Package files reads a folder of Parquet and CSV files as a database: FOLDER/<table>.parquet or FOLDER/<table>.csv is a
// table. Names are exact to the case; a table that has both files is refused.
//
// A CSV file begins with the columns' names. A column has the first of these types that all its values have: whole number,
// number, date (2022-01-03), time (2022-01-03 16:00:00, with or without a zone), true or false, text. All of the file is
// looked at. Numbers with a leading zero, such as 000001, are text, and so is the column that holds the identifiers,
// whatever it looks like. An empty field is missing.
//
// Times without a zone are in UTC, a date that stands for time_index is its midnight.
//
// A query sees every file of the folder under its table's name, and no other file.
//
// A folder has no transactions: a view remembers each file's size, time and inode, and fails where a file that it
// read is no longer the same.
package files
