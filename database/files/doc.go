// Package files reads a folder of Parquet and CSV files as a database: FOLDER/<table>.parquet, .csv or .csv.gz is a table, and so is a folder
// of Parquet files, FOLDER/<table>/ or FOLDER/<table>.parquet/, all of whose files are its parts, with a column for each folder such as
// year=2024. FOLDER/us/px.csv is the table us/px. Names are exact to the case, endings are not; a table that has two files is refused.
//
// A CSV file begins with the columns' names. A column has the first of these types that all its values have: whole number,
// number, date (2022-01-03), time (2022-01-03 16:00:00, with or without a zone), true or false, text. All of the file is
// looked at, once. Numbers with a leading zero, such as 000001, are text, and so is the column that holds the identifiers,
// whatever it looks like. An empty field is missing. What other programs write for that, NA or #N/A, is too in a column whose other
// values are of one type, and 1,010.5 is a number where commas separate fields; a warning says both. A column is text where a value is of
// no type; a warning names that value where the others are numbers or times.
//
// Times without a zone are in the timezone that the node names, else in UTC, with a warning; a date that stands for time_index is its midnight.
//
// A query sees every file of the folder under its table's name, and no other file.
//
// A folder has no transactions: a view remembers each file's size, time and inode, and fails where a file that it
// read is no longer the same.
package files
