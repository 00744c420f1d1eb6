# Dalli over SASL: dalli_verbs.rb HOST PORT USER PASSWORD. HOST may be the path of a unix socket.

require 'dalli'

HOST, PORT, USER, PASSWORD = ARGV

def connect(password)
  server = HOST.start_with?('/') ? HOST : "#{HOST}:#{PORT}"
  Dalli::Client.new(server, username: USER, password: password, protocol: :binary)
end

def check(holds, what)
  abort "failed: #{what}" unless holds
end

Dalli.logger.level = Logger::ERROR
client = connect(PASSWORD)
check(client.set('d:a', 'one'), 'set')
check(client.get('d:a') == 'one', 'get')
check(client.get('d:missing').nil?, 'a miss')
check(client.add('d:b', [1, { 'two' => nil }]), 'add')
check(!client.add('d:b', 'x'), 'add twice')
check(client.get('d:b') == [1, { 'two' => nil }], 'flags come back')
check(client.replace('d:b', 'three') && client.get('d:b') == 'three', 'replace')
check(client.incr('d:n', 2, nil, 40) == 40 && client.incr('d:n', 2) == 42, 'increment')
check(client.get_multi('d:a', 'd:b', 'd:missing') == { 'd:a' => 'one', 'd:b' => 'three' }, 'get several at once')
check(client.cas('d:a') { |value| value + '!' } && client.get('d:a') == 'one!', 'compare and swap')
check(client.touch('d:a', 60) && client.delete('d:a') && client.get('d:a').nil?, 'touch and delete')
big = 'x' * 900_000
check(client.set('d:big', big, nil, raw: true) && client.get('d:big', raw: true) == big, 'a large value')

begin
  connect('guess').set('d:e', 'x')
  abort 'failed: a wrong password'
rescue Dalli::DalliError
  puts 'a wrong password is refused'
end
