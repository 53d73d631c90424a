package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// pooler stands before a server as PgBouncer does: it makes up the ids of backends, and has so many connections for all its clients.
// Clients that come when all are taken are let in, and wait for ever.
func pooler(t *testing.T, url string, connections int64) string {
	t.Helper()
	server := strings.SplitN(strings.SplitN(url, "@", 2)[1], "/", 2)[0]
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		l.Close()
	})
	var taken atomic.Int64
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { client.Close() })
			if taken.Add(1) > connections {
				go letIn(client)
				continue
			}
			go relay(client, server)
		}
	}()
	return strings.Replace(url, server, l.Addr().String(), 1)
}

// letIn answers a client's first message, and no other.
func letIn(client net.Conn) {
	io.CopyN(io.Discard, client, 8)
	client.Write([]byte("R\x00\x00\x00\x08\x00\x00\x00\x00" + "K\x00\x00\x00\x0c\x00\x01\x00\x02\x00\x00\x00\x03" + "Z\x00\x00\x00\x05I"))
	io.Copy(io.Discard, client)
}

// relay passes everything on but for the id of the backend.
func relay(client net.Conn, server string) {
	defer client.Close()
	backend, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer backend.Close()
	go io.Copy(backend, client)
	for head := make([]byte, 5); ; {
		if _, err := io.ReadFull(backend, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(backend, body); err != nil {
			return
		}
		if head[0] == 'K' {
			binary.BigEndian.PutUint32(body, 3_999_999)
		}
		if _, err := client.Write(append(head[:5:5], body...)); err != nil {
			return
		}
	}
}

// A statement that works long without a word is let go on whatever stands between, and whatever the server shows of it.
func TestLongSilenceBehindSomething(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, "create role quiet login; alter role quiet set track_activities = off; create table prices as select timestamptz '2020-01-01' as time_index, 'A'::text as unique_identifier, 1.0::float8 as close; grant select on prices to quiet")
	t.Cleanup(func() { pgtest.Exec(t, url, "drop owned by quiet; drop role quiet") })
	for name, address := range map[string]string{
		"pooler": pooler(t, url, math.MaxInt64), "a pooler with one connection": pooler(t, url, 1), "hidden": strings.Replace(url, pgtest.User+"@", "quiet@", 1),
	} {
		q := table("")
		q.Query = "select time_index, unique_identifier, close from prices, pg_sleep(3.5)"
		n, err := count(t, view(t, address+"&silence_timeout=1&connect_timeout=1"), q)
		if n != 1 || err != nil {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
	}
}

// A server that hangs behind a pooler which lives with it is found out.
func TestServerHangsBehindAPooler(t *testing.T) {
	s := pgtest.New(t)
	pgtest.Exec(t, s.URL("postgres"), many)
	v := view(t, pooler(t, s.URL("postgres"), math.MaxInt64)+"&silence_timeout=1&connect_timeout=1")
	var last error
	batches := 0
	for _, err := range v.Rows(t.Context(), table("prices"), math.MinInt64, math.MaxInt64) {
		if batches++; batches == 1 {
			s.Pause()
		}
		last = err
	}
	says(t, last, database.Unreachable, "table prices", "sent nothing for 1s")
}

// What libpq takes is taken.
func TestParametersOfLibpq(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, "create table prices as select timestamptz '2020-01-01' as time_index, 'A'::text as unique_identifier, 1.0::float8 as close")
	for _, p := range []string{"keepalives=1", "keepalives=0", "keepalives_idle=30&keepalives_interval=5&keepalives_count=2", "gssencmode=disable", "gssencmode=prefer", "load_balance_hosts=random",
		"sslcrl=/no/such/file", "sslcrldir=/no/such/folder", "sslcompression=0", "sslcertmode=allow", "tcp_user_timeout=1000", "client_encoding=LATIN1", "hostaddr=127.0.0.1", "target_session_attrs=read-write",
		"channel_binding=prefer", "require_auth=none", "sslsni=1"} {
		if n, err := count(t, view(t, url+"&"+p), table("prices")); n != 1 || err != nil {
			t.Errorf("%s: %d rows, %v", p, n, err)
		}
	}
	v := view(t, url+"&fallback_application_name=me")
	if rows, err := v.query(t.Context(), "", "select current_setting('application_name')"); err != nil || string(rows[0][0]) != "me" {
		t.Errorf("the application is %q, %v", rows, err)
	}
	named := strings.Replace(url, "127.0.0.1", "nowhere.invalid", 1)
	if n, err := count(t, view(t, named+"&hostaddr=127.0.0.1"), table("prices")); n != 1 || err != nil {
		t.Errorf("hostaddr: %d rows, %v", n, err)
	}
	for p, words := range map[string][]string{
		"target_session_attrs=read-only": {"the session is not read-only", "target_session_attrs"}, "target_session_attrs=standby": {"not a standby"},
		"channel_binding=require": {"channel binding", "channel_binding"}, "sslmode=require": {"no encrypted connection", "sslmode=disable"},
		"no_such_setting=1": {"no_such_setting"},
	} {
		plain := strings.Replace(url, "sslmode=disable", "application_name=x", 1)
		refused(t, plain+"&"+p, database.Refused, words...)
	}
	for _, p := range []string{"keepalives=2", "keepalives_idle=soon", "gssencmode=require", "requirepeer=postgres", "sslcrl=/dev/null"} {
		_, err := Open(context.Background(), database.Address{Scheme: database.Postgres, URL: url + "&" + p})
		says(t, err, database.Refused, strings.SplitN(p, "=", 2)[0])
	}
}

// Limits of servers and poolers are no faults of the config.
func TestLimits(t *testing.T) {
	url := pgtest.Database(t)
	v := view(t, url)
	for code, word := range map[string]string{"08P01": "pooler", "08006": "", "25P03": "limit", "25P04": "limit", "57P04": "limit", "53400": ""} {
		_, err := v.query(t.Context(), "table prices", fmt.Sprintf("do $$ begin raise exception 'query timeout' using errcode = '%s'; end $$", code))
		says(t, err, database.Refused, "table prices", "query timeout", word)
	}
}

func TestNoUsageOnTheSchema(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, "create role stranger login; create schema hidden; create table hidden.prices as select now() as time_index, 'A'::text as unique_identifier; grant select on hidden.prices to stranger")
	t.Cleanup(func() { pgtest.Exec(t, url, "drop owned by stranger; drop role stranger") })
	says(t, drain(view(t, strings.Replace(url, pgtest.User+"@", "stranger@", 1)), "hidden.prices"), database.Refused, "grant usage on schema hidden to stranger")
}

// A role that may read some columns of a table reads them, whatever indexes there are.
func TestColumnPrivileges(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create role some_columns login; create table prices (time_index timestamptz, unique_identifier text, close float8, secret text);
insert into prices select t, id, nullif(extract(day from t at time zone 'UTC')::float8, 31), 'no' from generate_series(timestamptz '2024-01-01Z', '2024-01-31Z', '1 day') t, unnest(array['A', 'B']) id;
grant select (time_index, unique_identifier, close) on prices to some_columns`)
	t.Cleanup(func() { pgtest.Exec(t, url, "drop owned by some_columns; drop role some_columns") })
	at := int64(1_706_745_600_000_000) // 2024-02-01
	for _, index := range []string{"", "create index on prices (time_index)", "alter table prices add primary key (unique_identifier, time_index)"} {
		if index != "" {
			pgtest.Exec(t, url, index)
		}
		for _, ids := range [][]string{nil, {"A", "B"}} {
			v, node := view(t, strings.Replace(url, pgtest.User+"@", "some_columns@", 1)), table("prices", "close")
			node.Identifiers = ids
			if n, err := count(t, v, node); n != 62 || err != nil {
				t.Errorf("%s: %d rows, %v", index, n, err)
			}
			if f, err := v.Before(t.Context(), node, at); err != nil || f.Rows() != 4 { // the last rows, and the last with a price
				t.Errorf("%s: before: %v", index, err)
			}
			if _, _, err := v.Back(t.Context(), node, at, 3); err != nil {
				t.Errorf("%s: back: %v", index, err)
			}
			v.Close()
		}
	}
}

// Messages name the query they are about, and their hints work.
func TestWhichQuery(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, "create table mon as select timestamptz '2024-01-02Z' as time_index, 'A'::text as unique_identifier, 12.5::money as m")
	v := view(t, url)
	q := table("")
	q.Query = "select time_index, unique_identifier, 1 / (m - m)::numeric as one from mon"
	_, err := count(t, v, q)
	says(t, err, database.Data, "select time_index, unique_identifier, 1 / (m - m)", "division by zero")
	_, err = count(t, v, table("mon"))
	says(t, err, database.Data, `select "m"::text ... or ::numeric`)
	q.Query = `select time_index, unique_identifier, "m"::numeric as m from mon`
	if n, err := count(t, v, q); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Text of another encoding is told of with a way out, which works.
func TestTextOfAnotherEncoding(t *testing.T) {
	s := pgtest.Default(t)
	url := s.Database(t, "encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'")
	pgtest.Exec(t, url, "create table prices as select timestamptz '2024-01-02Z' as time_index, 'A'::text as unique_identifier, convert_from('\\x4f6ce9', 'SQL_ASCII') as name")
	v := view(t, url)
	says(t, drain(v, "prices"), database.Data, "table prices", "SQL_ASCII", "convert_from(convert(name::bytea, 'LATIN1', 'UTF8'), 'SQL_ASCII') as name")
	q := table("")
	q.Query = "select time_index, unique_identifier, convert_from(convert(name::bytea, 'LATIN1', 'UTF8'), 'SQL_ASCII') as name from prices"
	if n, err := count(t, v, q); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}
