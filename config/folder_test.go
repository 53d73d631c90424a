package config

import (
	"strings"
	"testing"
)

func TestFolder(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	for path, want := range map[string]string{
		"./lake": "./lake", "/lake": "/lake", "~": "/home/me", "~/lake": "/home/me/lake", "./~x": "./~x", "a~b": "a~b", "a/b://c": "a/b://c",
	} {
		if got, err := Folder(path); err != nil || got != want {
			t.Errorf("%s is %s, %v", path, got, err)
		}
	}
	for path, want := range map[string]string{"s3://bucket/lake": "an address (s3)", "file:///lake": "an address", "~you/lake": "home ~you"} {
		if got, err := Folder(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %s, %v", path, got, err)
		}
	}
}
