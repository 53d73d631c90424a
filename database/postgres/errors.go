package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
)

// SQLSTATEs that are told apart.
const (
	wrongPassword   = "28P01"
	notAuthorized   = "28000"
	noDatabase      = "3D000"
	noPrivilege     = "42501"
	noTable         = "42P01"
	noColumn        = "42703"
	noSchema        = "3F000"
	tooMany         = "53300"
	startingUp      = "57P03"
	shutDown        = "57P01"
	crashed         = "57P02"
	canceled        = "57014"
	lockTimeout     = "55P03"
	snapshotTooOld  = "72000"
	unknownSetting  = "42704"
	deadlock        = "40P01"
	recoveryClash   = "40001" // on a standby: conflict with recovery
	adminDisconnect = "57P05"
	notUTF8         = "22021"
	dropped         = "57P04"
	idleTooLong     = "25P03"
	tooLong         = "25P04" // a transaction
	protocol        = "08P01" // what poolers say of their own limits
)

// badAddress never repeats the address: what is wrong with it may be how its password is written.
func badAddress(url string, err error) error {
	what := "it cannot be parsed"
	if inner := errors.Unwrap(err); inner != nil && !strings.Contains(url, "@") {
		what = inner.Error() // an address without a user has no password that could be quoted
	}
	return database.NewError(database.Refused, "the postgres address",
		"write postgres://user@host:5432/database?sslmode=...; a password belongs in PGPASSWORD or ~/.pgpass, where nothing needs escaping", "%s", what)
}

// connectError says why there is no connection.
func (s *Source) connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := func(kind database.Kind, hint, format string, args ...any) error {
		return database.NewError(kind, s.name, hint, format, args...).Because(err)
	}
	err = telling(err)
	var refused *pgconn.PgError
	var dns *net.DNSError
	switch {
	case errors.As(err, &refused):
		return s.turnedAway(refused)
	case errors.As(err, &dns):
		return e(database.Unreachable, "check the spelling of the host, and the network", "the host name %q cannot be resolved", dns.Name)
	case wrongSession(err) != "":
		return e(database.Refused, "target_session_attrs in the address says which servers will do", "no server will do: %s", wrongSession(err))
	case strings.Contains(err.Error(), "channel binding required"), strings.Contains(err.Error(), "authentication method"):
		return e(database.Refused, "channel_binding and require_auth in the address say how the server has to ask who you are; leave them away, or have it changed there",
			"%s", reason(err))
	case isTLS(err):
		return e(database.Refused, "see sslmode and sslrootcert in PostgreSQL's documentation; sslmode=disable goes without encryption",
			"no encrypted connection: %s", tlsReason(err))
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return e(database.Unreachable, "is the server running, and is this its host and port?", "nothing listens there")
	case pgconn.Timeout(err), errors.Is(err, os.ErrDeadlineExceeded):
		return e(database.Unreachable, "is this the right host and port, and does a firewall stand between? connect_timeout=SECONDS in the address waits longer",
			"no answer within %s", s.config.ConnectTimeout)
	}
	return e(database.Unreachable, "is this a PostgreSQL server?", "cannot connect: %s", reason(err))
}

// telling leaves out, of the errors of several attempts, those that say no more than that the server has no TLS: with sslmode=prefer another
// attempt went without.
func telling(err error) error {
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(many.Unwrap()), func(err error) bool { return strings.Contains(err.Error(), noTLS) })
	if len(rest) == 0 {
		return err
	}
	return errors.Join(rest...)
}

// wrongSession says which session target_session_attrs asks for and did not get, "" where it is not that.
func wrongSession(err error) string {
	for cause, text := range map[error]string{
		pgconn.ErrReadOnlyConnection: "the session is read-only", pgconn.ErrReadWriteConnection: "the session is not read-only",
		pgconn.ErrPrimaryConnection: "the server is not a standby", pgconn.ErrStandbyConnection: "the server is a standby",
	} {
		if errors.Is(err, cause) {
			return text
		}
	}
	return ""
}

// turnedAway is a server's refusal while connecting.
func (s *Source) turnedAway(err *pgconn.PgError) error {
	e := func(kind database.Kind, hint string) error {
		return database.NewError(kind, s.name, hint, "%s", err.Message).Because(err)
	}
	switch err.Code {
	case wrongPassword:
		if s.config.Password == "" {
			return database.NewError(database.Refused, s.name, passwordHint, "the server asks for a password of user %q", s.config.User).Because(err)
		}
		return e(database.Refused, passwordHint)
	case noDatabase:
		return e(database.Refused, "psql -l lists the databases there")
	case startingUp, shutDown:
		return e(database.Unreachable, "try again in a moment")
	case tooMany:
		return e(database.Refused, "try again when others have disconnected")
	case unknownSetting:
		return e(database.Refused, "check the parameters after the ? of the address")
	case protocol:
		return e(database.Refused, poolerHint)
	}
	return e(database.Refused, "")
}

const poolerHint = "a pooler says so, not the server: have its limit changed (PgBouncer: query_timeout, ignore_startup_parameters, ...), or give the server's own address"

const passwordHint = "set PGPASSWORD, or write host:port:database:user:password into ~/.pgpass (chmod 600)"

func isTLS(err error) bool {
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &alert) || errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &authority) ||
		errors.As(err, &host) || strings.Contains(err.Error(), noTLS)
}

const noTLS = "server refused TLS connection"

func tlsReason(err error) string {
	if strings.Contains(err.Error(), noTLS) {
		return "the server has none"
	}
	return reason(err)
}

// reason is the innermost message, without the addresses and names that wrap it.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if many, ok := err.(interface{ Unwrap() []error }); ok && len(many.Unwrap()) > 0 {
			inner = many.Unwrap()[0]
		}
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// fail says what went wrong with a statement about what ("table prices"), and makes the transaction usable again where
// the server is still there.
func (v *View) fail(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	v.rollback()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var ours *database.Error
	if errors.As(err, &ours) {
		return err
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return v.said(what, said)
	}
	e := func(hint, format string, args ...any) error {
		return database.NewError(database.Unreachable, v.source.name, hint, format, args...).Because(err)
	}
	var op *net.OpError
	switch {
	case errors.Is(err, errSilent):
		return e("it may be overloaded or stopped; "+silenceParameter+"=SECONDS in the address waits longer",
			"reading %s: the server sent nothing for %s and does not answer when asked", what, v.source.silence)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, pgconn.ErrConnClosed), errors.As(err, &op):
		return e("nothing of this read was kept; run the command again when the server is back", "reading %s: the connection was lost", what)
	}
	return e("", "reading %s: %s", what, reason(err))
}

// grant says which right is missing, by what the server denies.
func (v *View) grant(message string) string {
	const schema = "permission denied for schema "
	if name, ok := strings.CutPrefix(message, schema); ok {
		return fmt.Sprintf("ask for: grant usage on schema %s to %s", name, v.source.config.User)
	}
	return fmt.Sprintf("ask for: grant select on the table to %s; on the columns that the config needs is enough", v.source.config.User)
}

// said is an error that the server reports for a statement.
func (v *View) said(what string, err *pgconn.PgError) error {
	kind, hint, message := database.Data, err.Hint, err.Message
	switch err.Code {
	case noTable, noColumn, noSchema:
		kind = database.Missing
	case noPrivilege:
		kind, hint = database.Refused, v.grant(message)
	case shutDown, crashed, startingUp, adminDisconnect:
		kind, hint = database.Unreachable, "nothing of this read was kept; run the command again when the server is back"
	case lockTimeout:
		kind, hint = database.Refused, "another session holds a lock on it (pg_locks says which); try again when it is done"
	case recoveryClash, snapshotTooOld:
		kind, hint = database.Refused, "the server had to drop this view of the database; run the command again, or read from the primary"
	case canceled:
		kind, hint = database.Refused, "somebody, or a limit of the server, cancelled the statement"
	case notUTF8:
		hint = fmt.Sprintf("the database's encoding is %s, and some text is of another one: convert it in a query, as convert_from(convert(name::bytea, 'LATIN1', 'UTF8'), 'SQL_ASCII') as name, or leave its column out with columns",
			v.pg.ParameterStatus("server_encoding"))
	case protocol:
		kind, hint = database.Refused, poolerHint
	case tooLong, idleTooLong, dropped:
		kind, hint = database.Refused, "a limit of the server, or somebody, ended the session; nothing of this read was kept: have the limit changed, or run the command again"
	default:
		if strings.HasPrefix(err.Code, "08") || strings.HasPrefix(err.Code, "53") || strings.HasPrefix(err.Code, "58") || strings.HasPrefix(err.Code, "XX") {
			kind = database.Refused // disk full, out of memory, ...: not for the config to mend
		}
	}
	return database.NewError(kind, v.source.name, hint, "reading %s: %s", what, message).Because(err)
}
