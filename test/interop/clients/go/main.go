// A round of everyday work with the Go client: prints what it is told, one step a line.
package main

import (
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/go-zookeeper/zk"
)

type silent struct{}

func (silent) Printf(string, ...interface{}) {}

func connect(address string) (*zk.Conn, <-chan zk.Event) {
	conn, events, err := zk.Connect([]string{address}, 20*time.Second, zk.WithLogger(silent{}))
	if err != nil {
		fmt.Println("connect:", err)
		os.Exit(1)
	}
	until(events, zk.StateHasSession)
	return conn, events
}

func until(events <-chan zk.Event, state zk.State) {
	limit := time.After(20 * time.Second)
	for {
		select {
		case event := <-events:
			if event.State == state {
				return
			}
		case <-limit:
			fmt.Println("the state does not become", state)
			os.Exit(1)
		}
	}
}

func await(name string, events <-chan zk.Event) {
	select {
	case event := <-events:
		fmt.Println(name+":", event.Type, event.Path, event.Err)
	case <-time.After(20 * time.Second):
		fmt.Println(name + ": no event")
	}
}

func main() {
	address := os.Args[1]
	one, states := connect(address)
	two, _ := connect(address)
	open := zk.WorldACL(zk.PermAll)
	create := func(name, path, data string, flags int32) {
		made, err := one.Create(path, []byte(data), flags, open)
		fmt.Println(name+":", made, err)
	}
	get := func(name string, conn *zk.Conn, path string) {
		data, stat, err := conn.Get(path)
		if err != nil {
			fmt.Println(name+":", err)
			return
		}
		owner := "none"
		if stat.EphemeralOwner == one.SessionID() {
			owner = "one"
		}
		fmt.Println(name+":", string(data), stat.Version, stat.Cversion, stat.Aversion, owner,
			stat.NumChildren, stat.DataLength)
	}
	children := func(name string, conn *zk.Conn, path string) {
		list, _, err := conn.Children(path)
		sort.Strings(list)
		fmt.Println(name+":", list, err)
	}

	create("create", "/go", "first", 0)
	create("create again", "/go", "first", 0)
	create("create below nothing", "/none/go", "", 0)
	get("get", one, "/go")
	stat, err := one.Set("/go", []byte("second"), 0)
	fmt.Println("set:", stat.Version, err)
	_, err = one.Set("/go", []byte("third"), 0)
	fmt.Println("set with an old version:", err)
	exists, _, err := one.Exists("/missing")
	fmt.Println("exists:", exists, err)
	create("sequential", "/go/s-", "", zk.FlagSequence)
	create("ephemeral", "/go/e", "", zk.FlagEphemeral)
	create("child of an ephemeral", "/go/e/x", "", 0)
	made, err := one.CreateContainer("/go/box", nil, zk.FlagContainer, open)
	fmt.Println("container:", made, err)
	made, err = one.CreateTTL("/go/ttl", nil, zk.FlagTTL, open, time.Hour)
	fmt.Println("ttl:", made, err)
	get("get ephemeral", one, "/go/e")
	children("children", one, "/go")
	fmt.Println("delete with children:", one.Delete("/go", -1))
	made, err = one.CreateProtectedEphemeralSequential("/go/lock-", nil, open)
	fmt.Println("protected:", len(made), err)
	fmt.Println("delete protected:", one.Delete(made, 0))

	_, _, watch, err := one.GetW("/go")
	fmt.Println("watch data:", err)
	_, err = two.Set("/go", []byte("watched"), -1)
	fmt.Println("set:", err)
	await("data watch", watch)
	_, _, watch, err = one.ChildrenW("/go")
	fmt.Println("watch children:", err)
	create("child", "/go/w", "", 0)
	await("child watch", watch)
	_, _, watch, err = one.ExistsW("/go/later")
	fmt.Println("watch a missing node:", err)
	create("later", "/go/later", "", 0)
	await("exists watch", watch)

	results, err := one.Multi(
		&zk.CreateRequest{Path: "/go/m", Data: []byte("m"), Acl: open},
		&zk.SetDataRequest{Path: "/go/m", Data: []byte("n"), Version: 0},
		&zk.CheckVersionRequest{Path: "/go/m", Version: 1},
		&zk.DeleteRequest{Path: "/go/w", Version: -1},
	)
	fmt.Println("multi:", len(results), err)
	results, err = one.Multi(
		&zk.SetDataRequest{Path: "/go/m", Data: []byte("o"), Version: -1},
		&zk.CheckVersionRequest{Path: "/go/m", Version: 99},
		&zk.DeleteRequest{Path: "/go/m", Version: -1},
	)
	fmt.Println("multi that fails:", len(results), err)
	for _, result := range results {
		fmt.Println(" part:", result.Error)
	}
	get("untouched", one, "/go/m")

	fmt.Println("add auth:", one.AddAuth("digest", []byte("alice:secret")))
	_, err = one.Create("/go/acl", []byte("mine"), 0, zk.AuthACL(zk.PermAll))
	fmt.Println("mine:", err)
	acl, _, err := one.GetACL("/go/acl")
	fmt.Println("acl:", acl, err)
	get("get without permission", two, "/go/acl")
	_, err = one.SetACL("/go/acl", zk.WorldACL(zk.PermRead), -1)
	fmt.Println("set acl:", err)
	get("get with permission", two, "/go/acl")
	path, err := one.Sync("/go")
	fmt.Println("sync:", path, err)

	_, _, watch, err = one.GetW("/go/m")
	fmt.Println("watch over the cut:", err)
	session := one.SessionID()
	fmt.Println("@cut")
	until(states, zk.StateDisconnected)
	until(states, zk.StateHasSession)
	fmt.Println("same session:", session == one.SessionID())
	get("ephemeral after the cut", one, "/go/e")
	for {
		if _, err = two.Set("/go/m", []byte("after"), -1); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	await("watch over the cut", watch)
	one.Close()
	get("ephemeral after the close", two, "/go/e")
	children("what is left", two, "/go")
	two.Close()
	fmt.Println("done")
}
