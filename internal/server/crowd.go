package server

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// crowd is a listener with room for a number of connections. Where it is full, whoever
// has been silent for longest has to go for who comes: one that has not asked for
// anything yet that only those may who are known, or has nothing under way of that
// since. So nobody keeps others out by holding connections, with half a request on them
// or with none, however often they are opened anew.
type crowd struct {
	net.Listener

	most   int
	left   chan struct{} // there may be room
	closed chan struct{}
	close  func() error

	mu     sync.Mutex
	open   int
	silent *list.List // of *guest, who has been so for longest first
}

// guest is one connection.
type guest struct {
	net.Conn

	of    *crowd
	leave func()
	left  bool          // under the crowd's mu
	busy  int           // requests of those who are known, under the crowd's mu
	at    *list.Element // in silent, under the crowd's mu; nil while busy
}

func newCrowd(l net.Listener, most int) *crowd {
	c := &crowd{Listener: l, most: most, left: make(chan struct{}, 1), closed: make(chan struct{}), silent: list.New()}
	c.close = sync.OnceValue(func() error {
		close(c.closed)
		return l.Close()
	})
	return c
}

// Close ends it.
func (c *crowd) Close() error { return c.close() }

// Accept waits until somebody comes and there is room.
func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g := &guest{Conn: conn, of: c}
	g.leave = sync.OnceFunc(func() { c.gone(g) })
	for !c.enter(g) {
		select {
		case <-c.left:
		case <-c.closed:
			_ = conn.Close() // nobody has heard of it yet
			return nil, net.ErrClosed
		}
	}
	return g, nil
}

// enter lets one in, for whom the longest silent one leaves where it is full. Where
// nobody is silent there is no room.
func (c *crowd) enter(g *guest) bool {
	c.mu.Lock()
	full, first := c.open >= c.most, c.silent.Front()
	if !full {
		c.open++
		g.at = c.silent.PushBack(g)
	}
	c.mu.Unlock()
	if !full {
		return true
	}
	if first == nil {
		return false
	}
	_ = first.Value.(*guest).Close() //nolint:forcetypeassert // nothing else is in the list; its server notices at its next read
	return c.enter(g)
}

func (c *crowd) gone(g *guest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	g.left = true
	c.speaks(g)
	c.tell()
}

// speaks takes one from those that are silent.
func (c *crowd) speaks(g *guest) {
	if g.at != nil {
		c.silent.Remove(g.at)
		g.at = nil
	}
}

func (c *crowd) tell() {
	select {
	case c.left <- struct{}{}:
	default: // it is told already
	}
}

// Close closes the connection.
func (g *guest) Close() error {
	defer g.leave()
	return g.Conn.Close()
}

// serves keeps one in while a request of somebody known is answered, until done.
func (g *guest) serves() (done func()) {
	g.of.mu.Lock()
	defer g.of.mu.Unlock()
	g.busy++
	g.of.speaks(g)
	return func() {
		g.of.mu.Lock()
		defer g.of.mu.Unlock()
		g.busy--
		g.of.rests(g)
	}
}

// rests puts one behind the others who are silent, unless it is busy or gone.
func (c *crowd) rests(g *guest) {
	if g.busy > 0 || g.left {
		return
	}
	c.speaks(g)
	g.at = c.silent.PushBack(g)
	c.tell()
}

// changed follows what the server says of its connections: one that had an answer is
// not who has been silent for longest.
func (c *crowd) changed(conn net.Conn, state http.ConnState) {
	if g := guestOf(conn); g != nil && state == http.StateIdle {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.rests(g)
	}
}

func guestOf(conn net.Conn) *guest {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	g, _ := conn.(*guest)
	return g
}

type guestKey struct{}

// withGuest lets the requests of a connection say that they are being served.
func withGuest(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, guestOf(conn))
}

// servedOn keeps the connection of a request until done.
func servedOn(ctx context.Context) (done func()) {
	if g, _ := ctx.Value(guestKey{}).(*guest); g != nil {
		return g.serves()
	}
	return func() {}
}
