package postgres

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
)

// harmless are parameters of libpq that ask for nothing that matters here: what they choose we do not have, or do anyway.
var harmless = []string{"gsslib", "gssdelegation", "sslcompression", "sslcrldir", "load_balance_hosts", "tcp_user_timeout", "requiressl", "client_encoding", "sslkeylogfile"}

// takeParameters takes those of libpq's parameters that pgconn does not know, and would hand on to the server, which refuses them.
func (s *Source) takeParameters() error {
	for _, name := range harmless {
		delete(s.config.RuntimeParams, name)
	}
	own := s.take("fallback_application_name")
	if s.config.RuntimeParams["application_name"] == "" {
		s.config.RuntimeParams["application_name"] = cmp.Or(own, "tdlake")
	}
	if mode := s.take("gssencmode"); mode == "require" {
		return s.badParameter("gssencmode", mode, "leave it away: tdlake encrypts with TLS alone (sslmode)")
	}
	if user := s.take("requirepeer"); user != "" {
		return s.badParameter("requirepeer", user, "leave it away, or connect with sslmode=verify-full: tdlake cannot tell who runs the server of a socket")
	}
	s.takeHostAddress()
	return errors.Join(s.takeKeepalives(), s.takeRevoked())
}

// take removes a parameter and returns it.
func (s *Source) take(name string) string {
	value := s.config.RuntimeParams[name]
	delete(s.config.RuntimeParams, name)
	return value
}

func (s *Source) badParameter(name, value, hint string) error {
	return database.NewError(database.Refused, s.name, hint, "the parameter %s is %q", name, value)
}

// takeKeepalives sets how soon a connection that is gone without a word is given up.
func (s *Source) takeKeepalives() error {
	on := s.take("keepalives")
	if !slices.Contains([]string{"", "0", "1"}, on) {
		return s.badParameter("keepalives", on, "write 0 or 1")
	}
	k := net.KeepAliveConfig{Enable: on != "0"}
	given := on != ""
	for name, set := range map[string]func(int){
		"keepalives_idle":     func(n int) { k.Idle = time.Duration(n) * time.Second },
		"keepalives_interval": func(n int) { k.Interval = time.Duration(n) * time.Second },
		"keepalives_count":    func(n int) { k.Count = n },
	} {
		text := s.take(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return s.badParameter(name, text, "write a whole number; 0 is the system's own")
		}
		given = true
		set(n)
	}
	if given {
		s.config.DialFunc = (&net.Dialer{KeepAlive: -1, KeepAliveConfig: k}).DialContext
	}
	return nil
}

// takeRevoked has certificates looked up in the list of those that were revoked. As to libpq, a list that is not there is none.
func (s *Source) takeRevoked() error {
	path := s.take("sslcrl")
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var list *x509.RevocationList
	if err == nil {
		if block, _ := pem.Decode(text); block != nil {
			text = block.Bytes
		}
		list, err = x509.ParseRevocationList(text)
	}
	if err != nil {
		return s.badParameter("sslcrl", path, "it is to name a list of revoked certificates, in PEM").(*database.Error).Because(err)
	}
	for _, c := range tlsConfigs(s.config) {
		c.VerifyConnection = revoked(list, c.VerifyConnection)
	}
	return nil
}

// tlsConfigs are those of all hosts.
func tlsConfigs(c *pgconn.Config) (all []*tls.Config) {
	if c.TLSConfig != nil {
		all = append(all, c.TLSConfig)
	}
	for _, f := range c.Fallbacks {
		if f.TLSConfig != nil && !slices.Contains(all, f.TLSConfig) {
			all = append(all, f.TLSConfig)
		}
	}
	return all
}

// revoked refuses connections with a certificate of the list, after what was checked before.
func revoked(list *x509.RevocationList, before func(tls.ConnectionState) error) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		for _, c := range state.PeerCertificates {
			for _, e := range list.RevokedCertificateEntries {
				if e.SerialNumber.Cmp(c.SerialNumber) == 0 && string(c.RawIssuer) == string(list.RawIssuer) {
					return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: fmt.Errorf("the server's certificate was revoked")}
				}
			}
		}
		if before == nil {
			return nil
		}
		return before(state)
	}
}

// takeHostAddress connects to the addresses that hostaddr gives, one for each host, without asking for the hosts' own. What certificates are
// checked against stays the names.
func (s *Source) takeHostAddress() {
	names := []string{s.config.Host}
	for _, f := range s.config.Fallbacks {
		if !slices.Contains(names, f.Host) {
			names = append(names, f.Host)
		}
	}
	known := map[string]string{}
	for i, address := range strings.Split(s.take("hostaddr"), ",") {
		if i < len(names) && address != "" {
			known[names[i]] = address
		}
	}
	lookup := s.config.LookupFunc
	s.config.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
		if address, ok := known[host]; ok {
			return []string{address}, nil
		}
		return lookup(ctx, host)
	}
}
